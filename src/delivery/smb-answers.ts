/** What smbclient prints, understood. */

/** A file or folder on a share. */
export interface SharedFile {
  readonly bytes: number;
  readonly isFolder: boolean;
}

/** Of a transfer that went well, with names in it that others chose: nothing in such a line is a status. */
const transferLine = /^(?:putting|getting) file .*$/gm;
const status = /\bNT_STATUS_([A-Z][A-Z0-9_]*)/;

/** The first status in an answer, without its beginning `NT_STATUS_`; undefined where all went well. */
export function statusIn(answer: string): string | undefined {
  return status.exec(answer.replace(transferLine, ''))?.[1];
}

/** Attributes in 7 characters, a blank, size in at least 8, two blanks and the time (samba, client.c, display_finfo). */
const listed = /^ {2}.*(?<attributes>.{7}) (?<bytes>[ \d]{7}\d|\d{9,}) {2}\w{3} \w{3} [ \d]\d [\d:]{8} \d+$/m;

/** What `ls` tells of one file; undefined where it is no such answer. */
export function listedFile(answer: string): SharedFile | undefined {
  const { attributes = '', bytes } = listed.exec(answer)?.groups ?? {};
  return bytes === undefined ? undefined : { bytes: Number(bytes), isFolder: attributes.includes('D') };
}
