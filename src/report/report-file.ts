import { constants } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';
import { byteOrderMark, lineEnd } from './csv.ts';
import type { FileHandle } from 'node:fs/promises';
import type { ReportAppend } from '../catalogue/catalogue.ts';

/** Numbers of callers stand in it: for Mitschnitt's user and the group that the administrator gives the folder. */
const fileMode = 0o640;
const folderMode = 0o750;

/** A report file that is open. */
export class ReportFile {
  readonly #handle: FileHandle;
  readonly #folder: string;
  readonly #path: string;

  private constructor(handle: FileHandle, folder: string, path: string) {
    this.#handle = handle;
    this.#folder = folder;
    this.#path = path;
  }

  /** Opens the file, which is created, empty, with its folder where it does not exist. */
  static async open(folder: string, name: string): Promise<ReportFile> {
    await mkdir(folder, { recursive: true, mode: folderMode });
    const path = join(folder, name);
    // Not for appending: Linux then writes at the end whatever offset is given.
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, fileMode);
    return new ReportFile(handle, folder, path);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Length in bytes. */
  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /**
   * Whether its first line has exactly these headings, read as a spreadsheet may have saved it: with or without byte
   * order mark and quotes. Other separators or encodings are other headings.
   */
  async hasHeadings(headings: readonly string[]): Promise<boolean> {
    // A quote on either side of each and the byte order mark is all that may be more.
    const longest =
      Buffer.byteLength(headings.join(';')) + 2 * headings.length + 2 * byteOrderMark.length + 8;
    const start = (await this.read(0, longest)).toString('utf8').replace(byteOrderMark, '');
    const line = /^[^\r\n]*/.exec(start)?.[0] ?? '';
    const found = line.split(';').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    return found.length === headings.length && headings.every((heading, index) => heading === found[index]);
  }

  /** What must be written before a line can begin: a line end if the last line has none. */
  async lineEndMissing(size: number): Promise<string> {
    if (size === 0) return '';
    const [last] = await this.read(size - 1, 1);
    return last === lineEnd.charCodeAt(1) ? '' : lineEnd;
  }

  /** Up to `length` bytes from `offset` on. */
  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  /** Writes at `offset`, and waits until the disk has it; of a new file also its entry in the folder. */
  async write(offset: number, text: Buffer): Promise<void> {
    let written = 0;
    while (written < text.length) {
      const { bytesWritten } = await this.#handle.write(
        text,
        written,
        text.length - written,
        offset + written,
      );
      written += bytesWritten;
    }
    await this.#handle.sync();
    if (offset === 0) await syncFolder(this.#folder);
  }

  /** Whether the file of this name is still the one that is open: who saves from a spreadsheet puts a new one there. */
  async isInPlace(): Promise<boolean> {
    const own = await this.#handle.stat();
    try {
      const { dev, ino } = await stat(this.#path);
      return dev === own.dev && ino === own.ino;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * What an append that was begun left in the file:
 * - `all`: the whole text stands at its offset;
 * - `part`: nothing, or a beginning of it, and no byte of anybody else: the text can be written over it;
 * - `changed`: somebody else changed the file since; what is in it is not known to be ours.
 */
export async function remainsOf(append: ReportAppend, file: ReportFile): Promise<'all' | 'part' | 'changed'> {
  const meant = Buffer.from(append.text);
  if ((await file.size()) < append.offset) return 'changed';
  const found = await file.read(append.offset, meant.length + 1);
  if (found.subarray(0, meant.length).equals(meant)) return 'all';
  if (found.length > meant.length) return 'changed';
  // After a power cut some file systems show zeros where the bytes had not reached the disk yet.
  return found.every((byte, index) => byte === meant[index] || byte === 0) ? 'part' : 'changed';
}
