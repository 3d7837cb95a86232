/** Names as smbclient and SMB servers understand them. */

/** Characters that no name has in SMB (MS-FSCC, 2.1.5): separators, wildcards, the mark of a stream, and smbclient's quote. */
const refusedCharacters = /[\\/:*?"<>|\p{Cc}]/u;
/** Windows takes them off: the file would get another name than it was given. */
const endsBadly = /[. ]$/;
/** Names of devices, with or without an extension. */
const device = /^(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\.|$)/i;
/** Of one name, in UTF-16 units; many servers take no more bytes of UTF-8 either, and say so. */
const longestName = 255;

/** Whether a file or folder can have this name and no other, whatever server it is. Never trust; names come from callers. */
export function isUsableName(name: string): boolean {
  return (
    name !== '' &&
    name.length <= longestName &&
    name.isWellFormed() &&
    !refusedCharacters.test(name) &&
    !endsBadly.test(name) &&
    !device.test(name)
  );
}

/** The names of which a path is made; `/` or `\` between them. */
export function partsOf(path: string): string[] {
  return path.split(/[\\/]/).filter((part) => part !== '');
}

/** A path from the root of the share. */
export function pathOf(parts: readonly string[]): string {
  return `\\${parts.join('\\')}`;
}
