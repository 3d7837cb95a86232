import { codeOf } from '../errors.ts';
import { connectionProblem, type Server } from './socket-errors.ts';
import { aborted, completed, noAnswer, type ProblemWords, type TargetProblem } from './target-errors.ts';
import { Aborted, NoAnswer } from './time-limit.ts';
import { WebDavRefusal } from './webdav-session.ts';
import type { WebDavSettings } from './webdav.ts';

/** What is being done when something goes wrong: the same status means different things. */
export type WebDavStep = 'connect' | 'root' | 'folder' | 'look' | 'store' | 'read' | 'rename' | 'remove';

/** Where it happened. */
export interface WebDavScene {
  /** Name of the target. */
  readonly target: string;
  readonly settings: WebDavSettings;
  readonly step: WebDavStep;
}

/** Explains whatever a step threw, by HTTP's status or Node's error code, never by its text. */
export function webDavProblem(error: unknown, scene: WebDavScene): TargetProblem {
  if (error instanceof Aborted) return aborted;
  if (error instanceof NoAnswer) return silence(error, scene);
  return completed(error instanceof WebDavRefusal ? refused(error, scene) : failure(error, scene), error);
}

function refused({ status }: WebDavRefusal, scene: WebDavScene): ProblemWords {
  const told = byStatus[status] ?? byClass[Math.floor(status / 100)] ?? notUnderstood;
  const words = told(scene);
  return { ...words, what: `${words.what} (status ${status})` };
}

const keys = ({ target }: WebDavScene) => `targets.${target}`;
const place = (scene: WebDavScene) => `${serverOf(scene).host}:${serverOf(scene).port}`;
const folder = ({ settings }: WebDavScene) =>
  settings.path === '' ? settings.url : `the folder ${settings.path} at ${settings.url}`;

function serverOf({ settings, target }: WebDavScene): Server {
  const url = new URL(settings.url);
  const usual = url.protocol === 'http:' ? 80 : 443;
  return { host: url.hostname, port: Number(url.port || usual), settings: `targets.${target}` };
}

const noLogin = (scene: WebDavScene): ProblemWords => ({
  code: 'login-refused',
  fault: 'configuration',
  what: `login refused for user ${scene.settings.username} at ${place(scene)}`,
  hint: `Check username and password in ${keys(scene)}; some services want a password of its own for programs.`,
});
const noAccess = (scene: WebDavScene): ProblemWords => {
  const { step } = scene;
  if (step === 'look' || step === 'read' || step === 'root')
    return {
      code: 'read-refused',
      what: `user ${scene.settings.username} may not read in ${folder(scene)}`,
      hint: 'Give the user the right to read there: what arrived is compared with what was sent.',
    };
  if (step === 'remove')
    return {
      code: 'remove-refused',
      what: `user ${scene.settings.username} may not remove files in ${folder(scene)}`,
      hint: 'Give the user the right to remove files there: else probe files and unfinished ones stay behind.',
    };
  return {
    code: 'write-refused',
    what: `user ${scene.settings.username} may not write in ${folder(scene)}`,
    hint: 'Give the user the right to make, rename and remove folders and files there.',
  };
};
const missing = (scene: WebDavScene): ProblemWords =>
  scene.step === 'root'
    ? {
        code: 'folder-missing',
        fault: 'configuration',
        what: `there is nothing at ${scene.settings.url}`,
        hint: `Correct url in ${keys(scene)}, or create that folder: only those below it are made as needed.`,
      }
    : {
        code: 'folder-missing',
        what: `a folder below ${folder(scene)} is gone`,
        hint: 'Find out what removes folders there. It is made again with the next attempt.',
      };
const noWebDav = (scene: WebDavScene): ProblemWords => ({
  code: 'not-understood',
  fault: 'configuration',
  what: `there is no WebDAV at ${scene.settings.url}`,
  hint: `Correct url in ${keys(scene)}, or turn WebDAV on at the server for that address.`,
});
const elsewhere = (scene: WebDavScene): ProblemWords => ({
  code: 'not-understood',
  fault: 'configuration',
  what: `${scene.settings.url} leads to another address`,
  hint: `Correct url in ${keys(scene)}: open it in a browser and take the address that it ends at, often with https.`,
});
const noSpace = (scene: WebDavScene): ProblemWords => ({
  code: 'no-space',
  what: `no space left in ${folder(scene)}, or the quota is used up`,
  hint: `Free space on the server, or raise the quota of user ${scene.settings.username}.`,
});
const nameRefused = (): ProblemWords => ({
  code: 'name-refused',
  fault: 'configuration',
  retry: false,
  what: 'the server does not allow the file name',
  hint: 'Shorten the templates of file and folder names, and take unusual characters out; then retry the delivery.',
});
const busy = (scene: WebDavScene): ProblemWords => ({
  code: 'server-busy',
  what: `${place(scene)} cannot serve at present`,
  hint: 'Nothing to do if it passes: it is tried again. Else check the server, and what is behind a proxy.',
});
const failed = (scene: WebDavScene): ProblemWords => ({
  code: 'server-failed',
  what: `${place(scene)} could not do what it was asked to`,
  hint: 'Check the log of the server, free space, and whether it may write in that folder of its disk. It is tried again.',
});
const notUnderstood = (scene: WebDavScene): ProblemWords => ({
  code: 'not-understood',
  what: `${place(scene)} answers what no WebDAV server should`,
  hint: `Check url in ${keys(scene)}: is that a WebDAV server? Its log may say more.`,
});

const byStatus: Readonly<Record<number, (scene: WebDavScene) => ProblemWords>> = {
  401: noLogin,
  403: noAccess,
  404: missing,
  // To PROPFIND, and to PUT where only reading is served.
  405: noWebDav,
  409: missing,
  412: () => ({
    code: 'name-taken',
    retry: false,
    what: 'another file has got the name meanwhile',
    hint: 'Nothing to do: the file gets another name.',
  }),
  413: (scene) => ({
    code: 'file-too-large',
    what: `${place(scene)} does not take a file of that size`,
    hint: 'Raise the limit for requests at the server, or at a proxy before it.',
  }),
  414: nameRefused,
  423: (scene) => ({
    code: 'locked',
    what: `what is to be written in ${folder(scene)} is locked by somebody`,
    hint: 'Let whoever has it open close it, or take the lock away at the server. It is tried again.',
  }),
  429: busy,
  501: noWebDav,
  502: busy,
  503: busy,
  504: busy,
  507: noSpace,
};

/** What else a status says by its first digit (RFC 9110, 15). */
const byClass: Readonly<Record<number, (scene: WebDavScene) => ProblemWords>> = { 3: elsewhere, 5: failed };

/** No answer that could be understood, but an error of the connection. */
function failure(error: unknown, scene: WebDavScene): ProblemWords {
  const code = codeOf(error);
  const known = connectionProblem(
    code === 'ERR_STREAM_PREMATURE_CLOSE' ? 'ECONNRESET' : code,
    serverOf(scene),
  );
  return known ?? notUnderstood(scene);
}

function silence(error: NoAnswer, scene: WebDavScene): TargetProblem {
  const hint = `Check the server, the network between, and url in ${keys(scene)}. It is tried again.`;
  return noAnswer(error, place(scene), hint);
}
