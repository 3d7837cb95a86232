import { codeOf, messageOf } from '../errors.ts';
import { aborted, completed, noAnswer, type ProblemWords, type TargetProblem } from './target-errors.ts';
import { Aborted, NoAnswer } from './time-limit.ts';

/** What is being done when something goes wrong. */
export type FolderStep = 'store' | 'read' | 'remove';

/** Explains whatever an operation in the folder `path` threw, by the error's code (errno(3)), never by its text. */
export function folderProblem(error: unknown, path: string, step: FolderStep = 'store'): TargetProblem {
  if (error instanceof Aborted) return aborted;
  if (error instanceof NoAnswer)
    return noAnswer(
      error,
      `the file system of ${path}`,
      'Check the server and the network behind the mount.',
    );
  const code = codeOf(error);
  const words = notAllowedTo[step] && isRefusal.has(code) ? notAllowedTo[step](path) : byCode[code]?.(path);
  return completed(words ?? unknown(path, code || messageOf(error)), error);
}

const missing = (path: string): ProblemWords => ({
  code: 'folder-missing',
  what: `the folder ${path} does not exist`,
  hint: `Mount the file system of ${path}, or create the folder. Mitschnitt never makes it by itself.`,
});
const noFolder = (path: string): ProblemWords => ({
  code: 'not-a-folder',
  fault: 'configuration',
  what: `${path} or a part of the path below is not a folder`,
  hint: `Let the path of the target name a folder, and remove what stands in its way in ${path}.`,
});
const notAllowed = (path: string): ProblemWords => ({
  code: 'write-refused',
  fault: 'configuration',
  what: `no right to write in ${path}`,
  hint: `Give the user that Mitschnitt runs as the right to write in ${path} and in the folders below.`,
});
const isRefusal: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);
/** What else than writing is not allowed. */
const notAllowedTo: Partial<Readonly<Record<FolderStep, (path: string) => ProblemWords>>> = {
  read: (path) => ({
    code: 'read-refused',
    fault: 'configuration',
    what: `no right to read what is stored in ${path}`,
    hint: `Give the user that Mitschnitt runs as the right to read in ${path} and in the folders below.`,
  }),
  remove: (path) => ({
    code: 'remove-refused',
    fault: 'configuration',
    what: `no right to remove what is stored in ${path}`,
    hint: `Give the user that Mitschnitt runs as the right to write in ${path} and in the folders below, and take what makes files immutable away (lsattr).`,
  }),
};
const unreachable = (path: string): ProblemWords => ({
  code: 'unreachable',
  what: `the file system of ${path} is not reachable`,
  hint: 'Check the disk, or the server and the network behind the mount; then mount it again.',
});
const unknown = (path: string, code: string): ProblemWords => ({
  code: 'storing-failed',
  what: `storing in ${path} failed (${code})`,
  hint: `Check the file system of ${path}; the system's log (dmesg) may say more.`,
});

/** By errno(3). */
const byCode: Readonly<Record<string, (path: string) => ProblemWords>> = {
  ENOENT: missing,
  ENOTDIR: noFolder,
  EACCES: notAllowed,
  EPERM: notAllowed,
  EROFS: (path) => ({
    code: 'read-only',
    fault: 'configuration',
    what: `the file system of ${path} is read-only`,
    hint: 'Mount it for writing. A disk that turned read-only by itself has errors: check it.',
  }),
  ENOSPC: (path) => ({
    code: 'no-space',
    what: `no space left in ${path}`,
    hint: `Free space on the file system of ${path}, or enlarge it.`,
  }),
  EDQUOT: (path) => ({
    code: 'quota-exceeded',
    what: `the quota for ${path} is used up`,
    hint: 'Raise the quota of the user that Mitschnitt runs as, or delete files of that user.',
  }),
  EFBIG: (path) => ({
    code: 'file-too-large',
    retry: false,
    what: `the file is larger than the file system of ${path} allows`,
    hint: 'Use a file system that takes such files (FAT ends at 4 GB), then retry the delivery.',
  }),
  ENAMETOOLONG: (path) => ({
    code: 'name-refused',
    fault: 'configuration',
    retry: false,
    what: `the file name is too long for ${path}`,
    hint: 'Shorten the templates of file and folder names, then retry the delivery.',
  }),
  EIO: unreachable,
  ESTALE: unreachable,
  ENOTCONN: unreachable,
  EHOSTDOWN: unreachable,
  EHOSTUNREACH: unreachable,
  ETIMEDOUT: unreachable,
};
