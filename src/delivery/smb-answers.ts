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

const fetched = /^getting file .* of size (\d+) as - /m;

/** How many bytes of a file were handed on; undefined where the answer does not tell. */
export function fetchedBytes(answer: string): number | undefined {
  const [, bytes] = fetched.exec(answer) ?? [];
  return bytes === undefined ? undefined : Number(bytes);
}

/** Attributes in 7 characters, a blank, size in at least 8, two blanks and the time (samba, client.c, display_finfo). */
const listed = /^ {2}.*(?<attributes>.{7}) (?<bytes>[ \d]{7}\d|\d{9,}) {2}\w{3} \w{3} [ \d]\d [\d:]{8} \d+$/m;

/** What `ls` tells of one file; undefined where it is no such answer. */
export function listedFile(answer: string): SharedFile | undefined {
  const { attributes = '', bytes } = listed.exec(answer)?.groups ?? {};
  return bytes === undefined ? undefined : { bytes: Number(bytes), isFolder: attributes.includes('D') };
}

/** Where a connection that is being made can be refused. */
export type SmbStage = 'negotiation' | 'login' | 'share';

/** The server, or smbclient itself, said no. */
export class SmbRefusal extends Error {
  /** Of MS-ERREF 2.3, without `NT_STATUS_`; undefined where there was none. */
  readonly status: string | undefined;
  /** How far the connection had come; undefined once it was made, or as long as there was none. */
  readonly stage: SmbStage | undefined;
  /** Encryption was demanded, and the server has none. */
  readonly lacksEncryption: boolean;
  /** smbclient does not know how it was called: it is older than Samba 4.15. */
  readonly isTooOld: boolean;

  constructor(answer: string) {
    super(answer.trim());
    this.name = 'SmbRefusal';
    this.status = statusIn(answer);
    this.stage = stageOf(answer);
    this.lacksEncryption = this.status === undefined && noEncryption.test(answer);
    this.isTooOld = this.status === undefined && unknownOption.test(answer);
  }
}

/** How each begins that smbclient says with a status (samba, libsmb/cliconnect.c and clidfs.c). */
const stages: Readonly<Record<string, SmbStage>> = {
  'protocol negotiation failed': 'negotiation',
  'session setup failed': 'login',
  'tree connect failed': 'share',
};
const noEncryption = /^Encryption required and server doesn't support/m;
const unknownOption = /^Error setting option /m;

function stageOf(answer: string): SmbStage | undefined {
  const [, beginning = ''] = /^([a-z ]+ failed): NT_STATUS_/m.exec(answer) ?? [];
  return stages[beginning];
}
