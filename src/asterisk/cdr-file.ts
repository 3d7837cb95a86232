import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { codeOf, MitschnittError, messageOf } from '../errors.ts';
import { callDetailOf, isOfSelfTest } from './cdr.ts';
import type { AccountPiece, AccountPlace, CallDetail } from '../call/account.ts';

export interface CdrFileSettings {
  /** `Master.csv` of Asterisk's cdr_csv. */
  readonly path: string;
  /** IANA time zone of its times. */
  readonly timeZone: string;
}

/** Read at a time: some hundred lines, a few ms in which nothing else of the process runs. */
const pieceBytes = 65_536;
const lineFeed = 0x0a;
/** Of a file that was rotated away, only what can be read as it is. */
const compressed = /\.(gz|bz2|xz|zst)$/;

/** No file has it. */
const noFile = 0;

/** One of the files in which the account is or was. */
interface Part {
  readonly path: string;
  readonly inode: number;
  readonly bytes: number;
}

/**
 * Asterisk's own account of calls. It outlives our process, and is read on from where it was read to: also when
 * logrotate renamed the file meanwhile, or cut it to nothing.
 */
export class CdrFile {
  readonly #settings: CdrFileSettings;

  constructor(settings: CdrFileSettings) {
    this.#settings = settings;
  }

  /**
   * What was added since a place; without one the place that it has come to by now.
   *
   * @throws {MitschnittError} when it cannot be read.
   */
  async readSince(place: AccountPlace | undefined): Promise<AccountPiece> {
    try {
      const parts = await this.#parts();
      const now = parts.at(-1);
      if (!now) throw missing(this.#settings.path);
      if (place === undefined) {
        return { details: [], unreadable: 0, place: { inode: now.inode, offset: now.bytes }, more: false };
      }
      return await this.#read(parts, place, now);
    } catch (error) {
      throw error instanceof MitschnittError ? error : unreadable(this.#settings.path, error);
    }
  }

  async #read(parts: readonly Part[], place: AccountPlace, now: Part): Promise<AccountPiece> {
    const index = parts.findIndex(({ inode }) => inode === place.inode);
    const part = parts[index];
    // Rotated away and compressed, or removed. One that did not exist yet had nothing to lose.
    if (!part) return { ...(await this.#piece(now, 0)), lost: place.inode !== noFile };
    // Shorter than what was read of it: cut to nothing, and written anew.
    const lost = part.bytes < place.offset;
    const piece = { ...(await this.#piece(part, lost ? 0 : place.offset)), lost };
    const next = parts[index + 1];
    const isDone = piece.details.length === 0 && piece.unreadable === 0;
    return next && isDone && !piece.more
      ? { ...piece, place: { inode: next.inode, offset: 0 }, more: true }
      : { ...piece, more: piece.more || next !== undefined };
  }

  /** Oldest first; the one that Asterisk writes is the last. */
  async #parts(): Promise<readonly Part[]> {
    const { path } = this.#settings;
    const names = (await readdir(dirname(path))).filter(
      (name) => name.startsWith(basename(path)) && !compressed.test(name),
    );
    const found = await Promise.all(
      names.map(async (name) => {
        const file = join(dirname(path), name);
        const { ino, size, mtimeMs } = await stat(file);
        return { path: file, inode: ino, bytes: size, mtimeMs: file === path ? Infinity : mtimeMs };
      }),
    );
    return found.sort((a, b) => a.mtimeMs - b.mtimeMs);
  }

  async #piece({ path, inode, bytes }: Part, offset: number): Promise<AccountPiece> {
    const buffer = Buffer.alloc(Math.min(pieceBytes, bytes - offset));
    const handle = await open(path, 'r');
    try {
      await handle.read(buffer, 0, buffer.length, offset);
    } finally {
      await handle.close();
    }
    // Asterisk may be about to write the rest of the last line; one that is longer than this it never wrote.
    const whole = buffer.lastIndexOf(lineFeed) + 1 || (buffer.length === pieceBytes ? pieceBytes : 0);
    const lines = buffer
      .subarray(0, whole)
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !isOfSelfTest(line));
    const { timeZone } = this.#settings;
    const details = lines.map((line) => callDetailOf(line, timeZone));
    const torn = lines.filter((_line, index) => details[index] === undefined);
    return {
      details: [...details, ...torn.map((line) => behindTorn(line, timeZone))].filter(isDetail),
      unreadable: torn.length,
      place: { inode, offset: offset + whole },
      more: offset + whole < bytes && whole > 0,
    };
  }
}

/** Asterisk makes no longer ones. */
const longestLine = 1_024;

/** A disk that was full tore a line, and the next one was written behind it. */
function behindTorn(line: string, timeZone: string): CallDetail | undefined {
  const end = line.slice(-longestLine);
  for (let at = end.indexOf('"', 1); at !== -1; at = end.indexOf('"', at + 1)) {
    const detail = callDetailOf(end.slice(at), timeZone);
    if (detail) return detail;
  }
  return undefined;
}

function isDetail(detail: CallDetail | undefined): detail is CallDetail {
  return detail !== undefined;
}

function missing(path: string): MitschnittError {
  return new MitschnittError(`Asterisk's account of calls ${path} does not exist`, {
    code: 'cdr-missing',
    fault: 'configuration',
    retry: true,
    hint: 'Asterisk makes it with the first call: load its module cdr_csv, set loguniqueid = yes in the section [csv] of cdr.conf, and name its Master.csv in reconciliation.cdr.csv.',
  });
}

function unreadable(path: string, error: unknown): MitschnittError {
  if (codeOf(error) === 'ENOENT') return missing(path);
  return new MitschnittError(`Asterisk's account of calls ${path} cannot be read: ${messageOf(error)}`, {
    code: 'cdr-unreadable',
    fault: 'configuration',
    retry: true,
    hint: 'Give the user of Mitschnitt the right to read the file and its folder.',
    cause: error,
  });
}
