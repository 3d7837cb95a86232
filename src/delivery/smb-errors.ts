import { codeOf } from '../errors.ts';
import { OnlySmb1 } from './smb-connect.ts';
import { SmbRefusal } from './smb-answers.ts';
import type { SmbSettings } from './smb.ts';
import { connectionProblem } from './socket-errors.ts';
import { aborted, completed, noAnswer, type ProblemWords, type TargetProblem } from './target-errors.ts';
import { Aborted, NoAnswer } from './time-limit.ts';

/** What is being done when something goes wrong: the same status means different things. `root`: the target's path. */
export type SmbStep = 'connect' | 'root' | 'folder' | 'look' | 'store' | 'read' | 'rename' | 'remove';

/** Where it happened. */
export interface SmbScene {
  /** Name of the target. */
  readonly target: string;
  readonly settings: SmbSettings;
  readonly step: SmbStep;
}

/** Explains whatever a step threw: by the NT status or Node's error code, never by a text that a server could choose. */
export function smbProblem(error: unknown, scene: SmbScene): TargetProblem {
  if (error instanceof Aborted) return aborted;
  if (error instanceof NoAnswer) return silence(error, scene);
  if (error instanceof OnlySmb1) return completed(onlySmb1(scene), error);
  if (error instanceof SmbRefusal) return completed(refusal(error, scene), error);
  const code = codeOf(error);
  if (code === 'ENOENT') return completed(noProgram, error);
  return completed(byCode(code, scene) ?? unknown('', scene), error);
}

const place = ({ settings }: SmbScene) => `${settings.host}:${settings.port}`;
const share = ({ settings }: SmbScene) => `//${settings.host}/${settings.share}`;
const path = (scene: SmbScene) =>
  scene.settings.path === '' ? share(scene) : `${share(scene)}/${scene.settings.path.replaceAll('\\', '/')}`;
const user = ({ settings }: SmbScene) => settings.username;
const keys = ({ target }: SmbScene) => `targets.${target}`;

/** The server answered, and its answer was no; or it is gone. */
function refusal(error: SmbRefusal, scene: SmbScene): ProblemWords {
  if (error.isTooOld) return oldProgram;
  if (error.lacksEncryption) return noEncryption(scene);
  const { status = '', stage } = error;
  if (status === '' && scene.step === 'connect') return noSession(error, scene);
  // One that cannot even negotiate is no SMB server that we could understand.
  if (stage === 'negotiation' && !silent.has(status)) return notUnderstood(scene);
  const socketCode = broken.has(status) || status === '' ? 'ECONNRESET' : unreachable[status];
  const words =
    (socketCode === undefined ? undefined : byCode(socketCode, scene)) ??
    (error.stage === 'share' ? ofShare[status]?.(scene) : undefined) ??
    byStatus[status]?.(scene) ??
    unknown(status, scene);
  return { ...words, what: `${words.what}${status === '' ? '' : ` (NT_STATUS_${status})`}` };
}

/** smbclient ended by itself, for a reason that has no status. */
function noSession(error: SmbRefusal, scene: SmbScene): ProblemWords {
  const line = error.message.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').slice(0, longestQuote);
  return {
    code: 'no-session',
    what: `smbclient did not get to ${place(scene)}${line === '' ? '' : ` (it says: ${line})`}`,
    hint: `Check the settings in ${keys(scene)} and the smbclient of this machine. It is tried again.`,
  };
}

/** In characters. */
const longestQuote = 160;

function byCode(code: string, scene: SmbScene): ProblemWords | undefined {
  const { host, port } = scene.settings;
  return connectionProblem(code, { host, port, settings: keys(scene) });
}

const silent: ReadonlySet<string> = new Set(['IO_TIMEOUT']);

/** No connection came about. */
const unreachable: Readonly<Record<string, string>> = {
  CONNECTION_REFUSED: 'ECONNREFUSED',
  HOST_UNREACHABLE: 'EHOSTUNREACH',
  NETWORK_UNREACHABLE: 'ENETUNREACH',
  IO_TIMEOUT: 'ETIMEDOUT',
  HOST_DOWN: 'EHOSTDOWN',
};
/** The connection, or what the server kept for it, is over. */
const broken: ReadonlySet<string> = new Set([
  ...['CONNECTION_DISCONNECTED', 'CONNECTION_RESET', 'CONNECTION_ABORTED', 'CONNECTION_INVALID'],
  ...['LOCAL_DISCONNECT', 'REMOTE_DISCONNECT', 'VIRTUAL_CIRCUIT_CLOSED', 'PIPE_BROKEN', 'PIPE_DISCONNECTED'],
  // Cut in the middle of a packet, an encrypted one above all.
  ...['INVALID_NETWORK_RESPONSE', 'UNEXPECTED_NETWORK_ERROR'],
  ...['NETWORK_NAME_DELETED', 'USER_SESSION_DELETED', 'NETWORK_SESSION_EXPIRED', 'FILE_CLOSED'],
]);

const noProgram: ProblemWords = {
  code: 'smbclient-missing',
  fault: 'configuration',
  what: 'the program smbclient, which targets of type smb need, is not installed on this machine',
  hint: 'Install it: apt install smbclient (Debian, Ubuntu), dnf install samba-client (Red Hat, Fedora).',
};
const oldProgram: ProblemWords = {
  code: 'smbclient-too-old',
  fault: 'configuration',
  what: 'the program smbclient on this machine is too old to be told what to encrypt',
  hint: 'Install the one of Samba 4.15 or later (on Debian 11 it is in bullseye-backports).',
};
const onlySmb1 = (scene: SmbScene): ProblemWords => ({
  code: 'protocol-too-old',
  what: `${place(scene)} offers only SMB 1, which is not safe and not spoken here`,
  hint: 'Turn on SMB 2 or 3 at the server (on a NAS often called "maximum protocol"); one that has neither is too old.',
});
const noEncryption = (scene: SmbScene): ProblemWords => ({
  code: 'encryption-not-offered',
  fault: 'configuration',
  what: `${place(scene)} offers no encryption`,
  hint: `Turn on SMB 3 with encryption at the server, or set encryption in ${keys(scene)} to when-offered.`,
});
const notUnderstood = (scene: SmbScene): ProblemWords => ({
  code: 'not-understood',
  what: `${place(scene)} does not answer as a server of SMB 2 or 3 does`,
  hint: `Check that an SMB server is at this host and port (see ${keys(scene)}), and that it lets this machine in.`,
});
const noLogin = (scene: SmbScene): ProblemWords => ({
  code: 'login-refused',
  fault: 'configuration',
  what: `login refused for user ${user(scene)} at ${place(scene)}`,
  hint: `Check username, password and domain in ${keys(scene)}.`,
});
const noShare = (scene: SmbScene): ProblemWords => ({
  code: 'share-missing',
  fault: 'configuration',
  what: `${place(scene)} has no share named ${scene.settings.share}`,
  hint: `Correct share in ${keys(scene)}, or create the share on the server.`,
});
const closedShare = (scene: SmbScene): ProblemWords => ({
  code: 'share-refused',
  fault: 'configuration',
  what: `the share ${share(scene)} is closed to user ${user(scene)}`,
  hint: `Give the user the right to use the share (with changes, not only reading), or correct username in ${keys(scene)}.`,
});
/** `state`: completes 'the account pbx ...'. */
const account =
  (code: string, state: string, remedy: string) =>
  (scene: SmbScene): ProblemWords => ({
    code,
    what: `the account of user ${user(scene)} at ${place(scene)} ${state}`,
    hint: remedy,
  });
const noNewPassword =
  'Give the account a new password that does not expire, and enter it in the configuration.';
const expired = account('password-expired', 'needs a new password', noNewPassword);

const nameRefused = (scene: SmbScene): ProblemWords =>
  scene.step === 'root'
    ? unusablePath(scene)
    : { ...unusableName(), what: 'the server does not allow the file name' };
export const unusableName = (): ProblemWords => ({
  code: 'name-refused',
  fault: 'configuration',
  retry: false,
  what: 'the name of the file or its folder is none that can exist on a share',
  hint: 'Shorten the templates of file and folder names, and take unusual characters out; then retry the delivery.',
});
export const unusablePath = (scene: SmbScene): ProblemWords => ({
  code: 'path-unusable',
  fault: 'configuration',
  what: `${path(scene)} is no folder that can exist on a share`,
  hint: `Take : * ? " < > | and blanks or dots at the end of a name out of path in ${keys(scene)}.`,
});
export const noFolder = (scene: SmbScene): ProblemWords => ({
  code: 'not-a-folder',
  what: `${path(scene)} or a part of the path below is not a folder`,
  hint: `Remove what stands in the way, or correct path in ${keys(scene)}.`,
});
const goneFolder = (scene: SmbScene): ProblemWords => ({
  code: 'folder-missing',
  what: `a folder below ${path(scene)} is gone`,
  hint: 'Find out what removes folders there. It is made again with the next attempt.',
});
const inUse = (scene: SmbScene): ProblemWords => ({
  code: 'file-in-use',
  what: `somebody else has the file open in ${path(scene)}`,
  hint: 'Check for programs at the server that open new files at once (virus scanner, backup). It is tried again.',
});
const readOnly = (scene: SmbScene): ProblemWords => ({
  code: 'read-only',
  what: `the share ${share(scene)} is read-only`,
  hint: 'Make it writable at the server. A disk that turned read-only by itself has errors: check it.',
});
const busy = (scene: SmbScene): ProblemWords => ({
  code: 'server-busy',
  what: `${place(scene)} takes no further connections, or has no room for them in its memory`,
  hint: 'Allow more connections at the server, or restart it, if this stays. It is tried again.',
});
const noSpace = (scene: SmbScene): ProblemWords => ({
  code: 'no-space',
  what: `no space left in ${path(scene)}`,
  hint: `Free space on the server, or raise the quota of user ${user(scene)}.`,
});
const quota = (scene: SmbScene): ProblemWords => ({
  ...noSpace(scene),
  code: 'quota-exceeded',
  what: `the quota of user ${user(scene)} in ${path(scene)} is used up`,
});
const tooLarge = (scene: SmbScene): ProblemWords => ({
  code: 'file-too-large',
  retry: false,
  what: `the file is larger than the file system of ${share(scene)} allows`,
  hint: 'Use a file system that takes such files (FAT ends at 4 GB), then retry the delivery.',
});
const brokenDisk = (scene: SmbScene): ProblemWords => ({
  code: 'storing-failed',
  what: `${place(scene)} cannot read or write its disk`,
  hint: 'Check the disk and the log of the server.',
});

export const notAllowed: Readonly<Record<SmbStep, (scene: SmbScene) => ProblemWords>> = {
  connect: noLogin,
  root: (scene) => notWritable(scene),
  folder: (scene) => notWritable(scene),
  store: (scene) => notWritable(scene),
  look: (scene) => notReadable(scene),
  read: (scene) => notReadable(scene),
  rename: (scene) => ({
    code: 'rename-refused',
    what: `user ${user(scene)} may not rename files in ${path(scene)}`,
    hint: 'Give the user the right to rename and delete: a file gets its name only when it is complete.',
  }),
  remove: (scene) => ({
    code: 'remove-refused',
    what: `user ${user(scene)} may not remove files in ${path(scene)}`,
    hint: 'Give the user the right to remove files: else probe files and unfinished ones stay behind.',
  }),
};
const notWritable = (scene: SmbScene): ProblemWords => ({
  code: 'write-refused',
  what: `user ${user(scene)} may not write in ${path(scene)}`,
  hint: 'Give the user the right to make folders and files, both on the share and in its folder.',
});
const notReadable = (scene: SmbScene): ProblemWords => ({
  code: 'read-refused',
  what: `user ${user(scene)} may not look at what is stored in ${path(scene)}`,
  hint: 'Give the user the right to read there: what arrived is compared with what was sent.',
});

/** What a status means where the share is entered. */
const ofShare: Readonly<Record<string, (scene: SmbScene) => ProblemWords>> = {
  ACCESS_DENIED: closedShare,
  NETWORK_ACCESS_DENIED: closedShare,
  OBJECT_NAME_NOT_FOUND: noShare,
  OBJECT_PATH_NOT_FOUND: noShare,
};

const wrongClock = (scene: SmbScene): ProblemWords => ({
  code: 'clock-wrong',
  fault: 'configuration',
  what: `the clocks of ${place(scene)} and of its domain differ too much for a login`,
  hint: 'Let NTP set the clocks of the server, of the domain controller and of this machine (timedatectl).',
});

/** By MS-ERREF 2.3, without `NT_STATUS_`. */
const byStatus: Readonly<Record<string, (scene: SmbScene) => ProblemWords>> = {
  LOGON_FAILURE: noLogin,
  WRONG_PASSWORD: noLogin,
  NO_SUCH_USER: noLogin,
  INVALID_ACCOUNT_NAME: noLogin,
  NO_SUCH_DOMAIN: noLogin,
  LOGON_TYPE_NOT_GRANTED: account(
    'login-refused',
    'may not log in over the network',
    'Give the account the right to log on from the network.',
  ),
  NTLM_BLOCKED: account(
    'login-refused',
    'may not log in with a password (NTLM is blocked)',
    'Let the server take NTLMv2 for this account.',
  ),
  ACCOUNT_LOCKED_OUT: account(
    'account-locked',
    'is locked',
    'Unlock it, correct the password in the configuration, and find out who else tries wrong ones.',
  ),
  ACCOUNT_DISABLED: account('account-disabled', 'is disabled', 'Enable the account, or use another one.'),
  ACCOUNT_EXPIRED: account('account-expired', 'has expired', 'Prolong the account, or use another one.'),
  PASSWORD_EXPIRED: expired,
  PASSWORD_MUST_CHANGE: expired,
  INVALID_LOGON_HOURS: account(
    'account-restricted',
    'may not log in at this hour',
    'Allow the account all hours.',
  ),
  INVALID_WORKSTATION: account(
    'account-restricted',
    'may not log in from this machine',
    'Take the list of workstations off the account, or add this machine.',
  ),
  ACCOUNT_RESTRICTION: account(
    'account-restricted',
    'may not log in like this',
    'Look up its restrictions: an empty password, hours, machines.',
  ),
  TIME_DIFFERENCE_AT_DC: wrongClock,
  ACCESS_DENIED: (scene) => notAllowed[scene.step](scene),
  CANNOT_DELETE: (scene) => notAllowed[scene.step](scene),
  BAD_NETWORK_NAME: noShare,
  BAD_DEVICE_TYPE: noShare,
  BAD_NETWORK_PATH: noShare,
  DISK_FULL: noSpace,
  QUOTA_EXCEEDED: quota,
  DISK_QUOTA_EXCEEDED: quota,
  FILE_TOO_LARGE: tooLarge,
  MEDIA_WRITE_PROTECTED: readOnly,
  OBJECT_NAME_INVALID: nameRefused,
  OBJECT_PATH_INVALID: nameRefused,
  OBJECT_PATH_SYNTAX_BAD: nameRefused,
  NAME_TOO_LONG: nameRefused,
  OBJECT_PATH_NOT_FOUND: goneFolder,
  OBJECT_NAME_NOT_FOUND: goneFolder,
  NO_SUCH_FILE: goneFolder,
  NOT_A_DIRECTORY: noFolder,
  FILE_IS_A_DIRECTORY: noFolder,
  SHARING_VIOLATION: inUse,
  FILE_LOCK_CONFLICT: inUse,
  DELETE_PENDING: inUse,
  REQUEST_NOT_ACCEPTED: busy,
  INSUFFICIENT_RESOURCES: busy,
  INSUFF_SERVER_RESOURCES: busy,
  NO_MEMORY: busy,
  TOO_MANY_OPENED_FILES: busy,
  TOO_MANY_SESSIONS: busy,
  DISK_CORRUPT_ERROR: brokenDisk,
  UNEXPECTED_IO_ERROR: brokenDisk,
  IO_DEVICE_ERROR: brokenDisk,
};

function unknown(status: string, scene: SmbScene): ProblemWords {
  const what =
    scene.step === 'connect' ? `no session with ${place(scene)}` : `storing in ${path(scene)} failed`;
  const hint = `Check the log of the server${status === '' ? '' : ' and what this status means there'}. It is tried again.`;
  return { code: scene.step === 'connect' ? 'no-session' : 'storing-failed', what, hint };
}

function silence(error: NoAnswer, scene: SmbScene): TargetProblem {
  const hint =
    scene.step === 'connect'
      ? `Check that an SMB server is on this port, and host and port in ${keys(scene)}.`
      : 'Check the server, its disk, and the network between. It is tried again.';
  return noAnswer(error, place(scene), hint);
}
