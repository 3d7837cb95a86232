import { codeOf } from '../errors.ts';
import { nothingInCommon } from './sftp-algorithms.ts';
import type { ShownKey } from './sftp-login.ts';
import { SftpRefusal, sftpStatus, UnusableKey, type SftpSession } from './sftp-session.ts';
import type { SftpSettings } from './sftp.ts';
import { connectionProblem } from './socket-errors.ts';
import { aborted, completed, noAnswer, type ProblemWords, type TargetProblem } from './target-errors.ts';
import { Aborted, NoAnswer } from './time-limit.ts';

/** What is being done when something goes wrong: the same status means different things. */
export type SftpStep = 'connect' | 'root' | 'folder' | 'look' | 'store' | 'read' | 'rename' | 'remove';

/** Where it happened. */
export interface SftpScene {
  /** Name of the target. */
  readonly target: string;
  readonly settings: SftpSettings;
  readonly step: SftpStep;
  readonly session: SftpSession | undefined;
  /** All keys that the server showed, where none is the right one. */
  readonly wrongKeys?: readonly ShownKey[];
  /** Whether the server has room for a file; undefined where it does not tell. */
  readonly hasRoom?: boolean | undefined;
}

/** Explains whatever a step threw: by SFTP status, Node's error code or how far the connection came, never by text. */
export function sftpProblem(error: unknown, scene: SftpScene): TargetProblem {
  if (error instanceof Aborted) return aborted;
  if (error instanceof NoAnswer && scene.session?.isForeign !== true) return silence(error, scene);
  if (error instanceof SftpRefusal) return completed(refusal(error, scene), error);
  if (error instanceof UnusableKey) return completed(unusableKey(error, scene), error);
  if (scene.step === 'connect') return completed(noSession(error, scene), error);
  return completed(failure(error, scene) ?? lost(scene), error);
}

const place = ({ settings }: SftpScene) => `${settings.host}:${settings.port}`;
const path = ({ settings }: SftpScene) => (settings.path === '' ? 'the folder of the login' : settings.path);
const user = ({ settings }: SftpScene) => settings.username;
const keys = ({ target }: SftpScene) => `targets.${target}`;

/** The server answered, and its answer was no. */
function refusal(error: SftpRefusal, scene: SftpScene): ProblemWords {
  const words = byStatus[error.status]?.(scene) ?? byStep[scene.step](scene);
  return { ...words, what: `${words.what} (the server says: ${quoted(error.message)})` };
}

/** Foreign text: one short line. */
function quoted(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ');
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}...` : line;
}

/** In characters. */
const longestQuote = 160;

const noSpace = (scene: SftpScene): ProblemWords => ({
  code: 'no-space',
  what: `no space left in ${path(scene)} at ${place(scene)}`,
  hint: `Free space on the server, or raise the quota of user ${user(scene)}.`,
});
/** SFTP has one status for everything that an operating system can have against writing. */
const notWritten = (scene: SftpScene): ProblemWords => ({
  code: 'write-failed',
  what: `${place(scene)} could not write in ${path(scene)} and does not tell why`,
  hint: `Check free space, the quota of user ${user(scene)}, disk and log of the server.`,
});
const nameRefused: ProblemWords = {
  code: 'name-refused',
  fault: 'configuration',
  retry: false,
  what: 'the server does not allow the file name',
  hint: 'Shorten the templates of file and folder names, and take unusual characters out; then retry the delivery.',
};
const notAllowed: Readonly<Record<SftpStep, (scene: SftpScene) => ProblemWords>> = {
  connect: (scene) => noSftp(scene),
  root: (scene) => ({
    code: 'folder-missing',
    fault: 'configuration',
    what: `the folder ${path(scene)} is closed to user ${user(scene)} at ${place(scene)}`,
    hint: `Correct path in ${keys(scene)}, or give the user the right to enter that folder.`,
  }),
  folder: (scene) => notWritable(scene),
  store: (scene) => notWritable(scene),
  look: (scene) => notReadable(scene),
  read: (scene) => notReadable(scene),
  rename: (scene) => ({
    code: 'rename-refused',
    what: `user ${user(scene)} may not rename files in ${path(scene)} at ${place(scene)}`,
    hint: 'Give the user the right to rename: a file gets its name only when it is complete.',
  }),
  remove: (scene) => ({
    code: 'remove-refused',
    what: `user ${user(scene)} may not remove files in ${path(scene)} at ${place(scene)}`,
    hint: 'Give the user the right to remove files: else probe files and unfinished ones stay behind.',
  }),
};
const notWritable = (scene: SftpScene): ProblemWords => ({
  code: 'write-refused',
  what: `user ${user(scene)} may not write in ${path(scene)} at ${place(scene)}`,
  hint: 'Give the user the right to make folders and files there.',
});
const notReadable = (scene: SftpScene): ProblemWords => ({
  code: 'read-refused',
  what: `${place(scene)} does not let user ${user(scene)} look at what is stored`,
  hint: 'Give the user the right to read in the folder: what arrived is compared with what was sent.',
});

/** Statuses that say more than that something failed. */
const byStatus: Readonly<Record<number, (scene: SftpScene) => ProblemWords | undefined>> = {
  [sftpStatus.noSuchFile]: (scene) => ({
    code: 'folder-missing',
    what: `a folder below ${path(scene)} at ${place(scene)} is gone`,
    hint: 'Find out what removes folders there. It is made again with the next attempt.',
  }),
  [sftpStatus.permissionDenied]: (scene) => notAllowed[scene.step](scene),
  [sftpStatus.failure]: (scene) =>
    scene.hasRoom === false && writing.has(scene.step) ? noSpace(scene) : undefined,
  // OpenSSH says it of a name that is too long (sftp-server.c, errno_to_portable).
  [sftpStatus.badMessage]: (scene) => (scene.step === 'connect' ? undefined : nameRefused),
  [sftpStatus.noSpace]: noSpace,
  [sftpStatus.quotaExceeded]: (scene) => ({
    ...noSpace(scene),
    what: `the quota for ${path(scene)} is used up`,
  }),
};

const writing: ReadonlySet<SftpStep> = new Set(['folder', 'store', 'rename']);

/** What a status means that says no more than that it failed. */
const byStep: Readonly<Record<SftpStep, (scene: SftpScene) => ProblemWords>> = {
  ...notAllowed,
  folder: notWritten,
  store: notWritten,
  rename: notWritten,
};

function unusableKey(error: UnusableKey, scene: SftpScene): ProblemWords {
  const protectedHint =
    scene.settings.passphrase === undefined
      ? 'if it is protected, set passphrase'
      : 'check that passphrase belongs to it';
  return {
    code: 'key-unusable',
    fault: 'configuration',
    what: `the private key for ${place(scene)} cannot be used (${quoted(error.message)})`,
    hint: `Let private_key_file in ${keys(scene)} name a private key in OpenSSH or PEM format; ${protectedHint}.`,
  };
}

/** No session came about: how far it got says why. */
function noSession(error: unknown, scene: SftpScene): ProblemWords {
  const { session, wrongKeys = [] } = scene;
  if (wrongKeys.length > 0) return untrusted(wrongKeys, scene);
  const offered = session?.greeting && nothingInCommon(session.greeting);
  if (session?.stage === 'agreeing' && offered !== undefined) return noAgreement(offered, scene);
  if (session?.isForeign === true) return notUnderstood(scene);
  const known = failure(error, scene);
  if (known) return known;
  if (session?.stage === 'logging in') return noLogin(scene);
  if (session?.stage === 'opening') return noSftp(scene);
  return {
    ...lost(scene),
    hint: 'Check the log of the server: it may refuse the address of this machine, or have too many connections.',
  };
}

function untrusted(shown: readonly ShownKey[], scene: SftpScene): ProblemWords {
  const list = shown.map(({ fingerprint, type }) => `${fingerprint} (${quoted(type)})`).join(', ');
  return {
    code: 'host-key-untrusted',
    fault: 'configuration',
    what: `${place(scene)} is not the server that ${keys(scene)}.host_key names: it shows the key ${list}`,
    hint:
      'Ask whoever runs the server for its fingerprint (ssh-keygen -lf on its public key). ' +
      `Only if it is this one, set host_key to it; else another machine answers in its place.`,
  };
}

const noAgreement = (offered: string, scene: SftpScene): ProblemWords => ({
  code: 'no-common-algorithm',
  fault: 'destination',
  what: `no encryption could be agreed on with ${place(scene)}: it offers only the ${quoted(offered)}`,
  hint: 'Let the server offer what is safe today, such as aes256-gcm@openssh.com, curve25519-sha256 and ssh-ed25519.',
});

const notUnderstood = (scene: SftpScene): ProblemWords => ({
  code: 'not-understood',
  what: `${place(scene)} answers what no SSH server should`,
  hint: `Check host and port in ${keys(scene)}: is that an SSH server? Its log may say more.`,
});

function noLogin(scene: SftpScene): ProblemWords {
  const { password, private_key: key } = scene.settings;
  const shown = [...(key ? ['private_key'] : []), ...(password ? ['password'] : [])].join(' and ');
  const taken = scene.session?.loginsTaken ?? [];
  const ways = taken.length === 0 ? '' : ` (it takes: ${quoted(taken.join(', '))})`;
  return {
    code: 'login-refused',
    fault: 'configuration',
    what: `login refused for user ${user(scene)} at ${place(scene)}${ways}`,
    hint: `Check username, ${shown} in ${keys(scene)}, and that the server lets this user in with that.`,
  };
}

const noSftp = (scene: SftpScene): ProblemWords => ({
  code: 'sftp-not-offered',
  what: `${place(scene)} lets user ${user(scene)} in, but offers no SFTP`,
  hint: 'Turn on the subsystem sftp at the server, and take away what the login of the user prints or runs.',
});

const lost = (scene: SftpScene): ProblemWords => ({
  code: 'connection-lost',
  what: `the connection to ${place(scene)} broke off`,
  hint: 'Check the log of the server and the network between. It is tried again.',
});

function failure(error: unknown, scene: SftpScene): ProblemWords | undefined {
  const { host, port } = scene.settings;
  return connectionProblem(codeOf(error), { host, port, settings: keys(scene) });
}

function silence(error: NoAnswer, scene: SftpScene): TargetProblem {
  const hint =
    scene.step === 'connect'
      ? `Check that an SSH server is on this port, and host and port in ${keys(scene)}.`
      : 'Check the server, its disk, and the network between. It is tried again.';
  return noAnswer(error, place(scene), hint);
}
