import { FTPError } from 'basic-ftp';

import { codeOf } from '../errors.ts';
import { connectionProblem } from './socket-errors.ts';
import { aborted, completed, noAnswer, type ProblemWords, type TargetProblem } from './target-errors.ts';
import { Aborted, NoAnswer } from './time-limit.ts';
import type { FtpSettings } from './ftp.ts';

/** What is being done when something goes wrong: the same reply code means different things. */
export type FtpStep =
  'connect' | 'encrypt' | 'login' | 'root' | 'folder' | 'store' | 'read' | 'size' | 'rename' | 'remove';

/** Where it happened. */
export interface FtpScene {
  /** Name of the target. */
  readonly target: string;
  readonly settings: FtpSettings;
  readonly step: FtpStep;
  /** Whether the session was over before we ended it. */
  readonly lost: boolean;
}

/** Explains whatever a step threw, by reply code (RFC 959, 4.2.1) or Node's error code, never by its text. */
export function ftpProblem(error: unknown, scene: FtpScene): TargetProblem {
  if (error instanceof Aborted) return aborted;
  if (error instanceof NoAnswer) return silence(error, scene);
  return completed(error instanceof FTPError ? refusal(error, scene) : failure(error, scene), error);
}

/** The server answered, and its answer was no. */
function refusal(error: FTPError, scene: FtpScene): ProblemWords {
  const words = byReply[error.code]?.(scene) ?? byStep[scene.step](scene);
  return { ...words, what: `${words.what} (the server says: ${quoted(error.message, scene)})` };
}

/** What the server says helps whoever runs it. It is foreign text: one short line, and never the password. */
function quoted(text: string, { settings }: FtpScene): string {
  const line = text.replaceAll(settings.password.reveal(), '***').replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ');
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}...` : line;
}

/** In characters. */
const longestQuote = 160;

const place = ({ settings }: FtpScene) => `${settings.host}:${settings.port}`;
const path = ({ settings }: FtpScene) => (settings.path === '' ? 'the folder of the login' : settings.path);

const noLogin = (scene: FtpScene): ProblemWords => ({
  code: 'login-refused',
  fault: 'configuration',
  what: `login refused for user ${scene.settings.username} at ${place(scene)}`,
  hint:
    `Check username and password in targets.${scene.target}` +
    (scene.settings.tls === 'none' ? '; a server that insists on encryption needs tls: explicit.' : '.'),
});
const noTls = (scene: FtpScene): ProblemWords => ({
  code: 'tls-not-offered',
  fault: 'configuration',
  what: `${place(scene)} offers no encryption`,
  hint: `Turn TLS on at the server, or set tls in targets.${scene.target} to implicit or none.`,
});
const noSpace = (scene: FtpScene): ProblemWords => ({
  code: 'no-space',
  what: `no space left in ${path(scene)} at ${place(scene)}, or the quota is used up`,
  hint: `Free space on the server, or raise the quota of user ${scene.settings.username}.`,
});
const noDataConnection = (scene: FtpScene): ProblemWords => ({
  code: 'data-connection-failed',
  what: `no data connection to ${place(scene)}`,
  hint: 'Open the passive ports of the server in the firewalls between, and let it announce its outer address.',
});
const notWritable = (scene: FtpScene): ProblemWords => ({
  code: 'write-refused',
  what: `user ${scene.settings.username} may not write in ${path(scene)} at ${place(scene)}`,
  hint: `Give the user the right to make folders and files there; check free space, too.`,
});

/** Replies that mean the same in every step, or that say more than the step alone. */
const byReply: Readonly<Record<number, (scene: FtpScene) => ProblemWords | undefined>> = {
  421: (scene) => ({
    code: 'server-busy',
    what: `${place(scene)} takes no further connections, or is about to stop`,
    hint: 'Allow more connections per user and address at the server, if this stays. It is tried again.',
  }),
  425: noDataConnection,
  426: noDataConnection,
  430: noLogin,
  // vsftpd answers AUTH TLS with it where TLS is off.
  530: (scene) => (scene.step === 'encrypt' ? undefined : noLogin(scene)),
  // 'Local error in processing': vsftpd says it where the disk is full.
  451: (scene) => ({
    code: 'write-failed',
    what: `${place(scene)} could not do what it was asked to`,
    hint: 'Check free space, quota, disk and log of the server.',
  }),
  452: noSpace,
  552: noSpace,
  // Only the rename names what the administrator chose, and the file itself could be made.
  553: (scene) =>
    scene.step === 'rename'
      ? {
          code: 'name-refused',
          fault: 'configuration',
          retry: false,
          what: 'the server does not allow the file name',
          hint: 'Take what it refuses out of the templates of file and folder names, then retry the delivery.',
        }
      : undefined,
};

/** What a refusal means by itself; a reply such as 550 tells no more than that. */
const byStep: Readonly<Record<FtpStep, (scene: FtpScene) => ProblemWords>> = {
  connect: (scene) => ({
    code: 'server-refuses',
    what: `${place(scene)} does not take the connection`,
    hint: 'Check the log of the server and whether it lets the address of this machine in.',
  }),
  encrypt: noTls,
  login: noLogin,
  root: (scene) => ({
    code: 'folder-missing',
    fault: 'configuration',
    what: `the folder ${path(scene)} does not exist at ${place(scene)}, or is closed to user ${scene.settings.username}`,
    hint: `Correct path in targets.${scene.target}, or let the user create that folder.`,
  }),
  folder: notWritable,
  store: (scene) => notWritable(scene),
  read: (scene) => ({
    code: 'read-refused',
    what: `${place(scene)} does not let user ${scene.settings.username} read back what is stored`,
    hint: 'Give the user the right to read in the folder: what arrived is compared with what was sent.',
  }),
  size: (scene) => ({
    code: 'size-refused',
    what: `${place(scene)} does not tell the size of a file`,
    hint: 'Allow the command SIZE, or LIST: what arrived is compared with what was sent.',
  }),
  rename: (scene) => ({
    code: 'rename-refused',
    what: `user ${scene.settings.username} may not rename files in ${path(scene)} at ${place(scene)}`,
    hint: 'Give the user the right to rename: a file gets its name only when it is complete.',
  }),
  remove: (scene) => ({
    code: 'remove-refused',
    what: `user ${scene.settings.username} may not remove files in ${path(scene)} at ${place(scene)}`,
    hint: 'Give the user the right to remove files: else probe files and unfinished ones stay behind.',
  }),
};

/** No answer of the server, but an error of the connection or of our own. */
function failure(error: unknown, scene: FtpScene): ProblemWords {
  const { target, settings, lost, step } = scene;
  const server = { host: settings.host, port: settings.port, settings: `targets.${target}` };
  const known = connectionProblem(codeOf(error), server);
  if (known) return known;
  // basic-ftp gives no code to what it finds by itself, and keeps the session then.
  if (!lost) return step === 'store' || step === 'read' ? noDataConnection(scene) : notUnderstood(scene);
  return {
    code: 'connection-lost',
    what: `the connection to ${place(scene)} broke off`,
    hint: 'Check the log of the server and the network between. It is tried again.',
  };
}

const notUnderstood = (scene: FtpScene): ProblemWords => ({
  code: 'not-understood',
  what: `${place(scene)} answers what no FTP server should`,
  hint: `Check host and port in targets.${scene.target}: is that an FTP server? Its log may say more.`,
});

function silence(error: NoAnswer, scene: FtpScene): TargetProblem {
  const transfer = scene.step === 'store' || scene.step === 'read';
  const hint = transfer
    ? 'Check that the passive ports of the server are open in the firewalls between, and its disk.'
    : `Check that an FTP server is on this port and that tls in targets.${scene.target} fits it.`;
  return noAnswer(error, place(scene), hint);
}
