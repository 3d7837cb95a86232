/**
 * A From header (without tag) that makes Asterisk see exactly this number, whatever characters are in it: what
 * SIP's grammar does not allow in the user part is written as %XX.
 */
export function fromHeader(number: string, name?: string, host = 'caller.invalid'): string {
  const user = [...Buffer.from(number, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w.!~*'()&=+$,;?/-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  const uri = user === '' ? `<sip:${host}>` : `<sip:${user}@${host}>`;
  return name === undefined ? uri : `"${name.replaceAll(/(["\\])/g, '\\$1')}" ${uri}`;
}

/** The From header of a caller who hides the number. */
export const anonymous = '"Anonymous" <sip:anonymous@anonymous.invalid>';
