import { connectionProblem } from '../delivery/socket-errors.ts';
import {
  aborted,
  completed,
  noAnswer,
  type ProblemWords,
  type TargetProblem,
} from '../delivery/target-errors.ts';
import { Aborted, NoAnswer } from '../delivery/time-limit.ts';
import { visibleLine } from '../recording/untrusted-text.ts';
import { RecipientsRefused, type Refusal } from './smtp-session.ts';
import type { SmtpSettings } from './smtp.ts';

/** What is being done when something goes wrong: the same reply means different things. */
export type SmtpStep = 'connect' | 'login' | 'ask' | 'send';

/** Where it happened. */
export interface SmtpScene {
  readonly settings: SmtpSettings;
  readonly step: SmtpStep;
}

/** A refusal as its reply tells it: code (RFC 5321, 4.2.3) and enhanced status (RFC 3463) such as `5.1.1`. */
interface Reply {
  readonly code: number;
  /** Without the class: `1.1`; empty where the server gives none. */
  readonly status: string;
  /** The command that it answers. */
  readonly command: string;
  readonly text: string;
}

/** Explains whatever a step threw: by reply code, enhanced status or Node's error code, never by text. */
export function smtpProblem(error: unknown, scene: SmtpScene): TargetProblem {
  if (error instanceof Aborted) return aborted;
  if (error instanceof NoAnswer) return silence(error, scene);
  if (error instanceof RecipientsRefused) return completed(recipientsRefused(error, scene), error);
  const reply = replyOf(error);
  if (reply) return completed(refusal(reply, scene), error);
  return completed(failure(error, scene), error);
}

const place = ({ settings }: SmtpScene) => `${settings.host}:${settings.port}`;

function replyOf(error: unknown): Reply | undefined {
  const { responseCode, response = '', command = '' } = error as Partial<Refusal>;
  if (typeof responseCode !== 'number') return undefined;
  const [, status = ''] = /^\d{3}[ -][245]\.(\d{1,3}\.\d{1,3})(?: |$)/.exec(response) ?? [];
  return { code: responseCode, status, command, text: response };
}

/** In characters. */
const longestQuote = 160;

/** What the server says helps whoever runs it. It is foreign text: one short line, and never the password. */
function quoted(text: string, { settings }: SmtpScene): string {
  const { password } = settings;
  const line = visibleLine(password ? text.replaceAll(password.reveal(), '***') : text).replace(/\s+/g, ' ');
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}...` : line;
}

/** The server answered, and its answer was no. */
function refusal(reply: Reply, scene: SmtpScene): ProblemWords {
  const words = meaning(reply, scene);
  return { ...words, what: `${words.what} (the server says: ${quoted(reply.text, scene)})` };
}

function meaning(reply: Reply, scene: SmtpScene): ProblemWords {
  const { code, status, command } = reply;
  if (code === 421) return busy(scene);
  if (command === 'STARTTLS') return noTls(scene);
  if (status === '3.4' || status === '2.3') return tooBig(scene);
  if (code === 530) return demanded(scene);
  if (scene.step === 'login' && code >= 500) return noLogin(scene);
  if (code === 552) return tooBig(scene);
  if (code === 452 || status === '3.1') return noSpace(scene);
  if (code < 500) return later(scene);
  if (command === 'MAIL FROM') return senderRefused(scene);
  if (scene.step === 'connect') return notServed(scene);
  return messageRefused(scene);
}

const busy = (scene: SmtpScene): ProblemWords => ({
  code: 'server-busy',
  what: `the mail server ${place(scene)} takes nothing at present, or is about to stop`,
  hint: 'Allow more connections and messages of this machine at the server, if this stays. It is tried again.',
});
const later = (scene: SmtpScene): ProblemWords => ({
  code: 'not-now',
  what: `the mail server ${place(scene)} cannot take the message at present`,
  hint: 'It is tried again. If this stays, check the log of the mail server.',
});
const noTls = (scene: SmtpScene): ProblemWords => ({
  code: 'tls-not-offered',
  fault: 'configuration',
  what: `the mail server ${place(scene)} offers no encryption by STARTTLS`,
  hint: 'Turn TLS on at the server, or set tls in smtp to implicit (port 465), or to none if nobody can listen in.',
});
/** The same reply demands encryption (RFC 3207) or a login (RFC 4954). */
const demanded = (scene: SmtpScene): ProblemWords => {
  const { username, tls } = scene.settings;
  if (username !== undefined && tls === 'none') return tlsDemanded(scene);
  return noLogin(scene);
};
const tlsDemanded = (scene: SmtpScene): ProblemWords => ({
  code: 'tls-demanded',
  fault: 'configuration',
  what: `the mail server ${place(scene)} insists on encryption`,
  hint: 'Set tls in smtp to required.',
});
const noLogin = (scene: SmtpScene): ProblemWords => {
  const { username } = scene.settings;
  return {
    code: 'login-refused',
    fault: 'configuration',
    what:
      username === undefined
        ? `the mail server ${place(scene)} takes messages only after a login`
        : `login refused for user ${username} at the mail server ${place(scene)}`,
    hint:
      username === undefined
        ? 'Set username and password in smtp, and tls: required.'
        : 'Check username and password in smtp, and that this user may send by SMTP (some providers want a password for apps).',
  };
};
const tooBig = (scene: SmtpScene): ProblemWords => ({
  code: 'message-too-big',
  retry: false,
  what: `the message is larger than the mail server ${place(scene)} takes`,
  hint: 'Raise the limit of the mail server (an attachment grows by 37 %), or use another kind of target; then retry it.',
});
const noSpace = (scene: SmtpScene): ProblemWords => ({
  code: 'no-space',
  what: `the mail server ${place(scene)} has no room`,
  hint: 'Free space on the mail server. It is tried again.',
});
const senderRefused = (scene: SmtpScene): ProblemWords => ({
  code: 'sender-refused',
  fault: 'configuration',
  what: `the mail server ${place(scene)} refuses the sender ${scene.settings.from}`,
  hint: 'Set from in smtp to an address as which this user may send.',
});
const notServed = (scene: SmtpScene): ProblemWords => ({
  code: 'server-refuses',
  what: `the mail server ${place(scene)} does not take the connection`,
  hint: 'Check the log of the mail server and whether it lets the address of this machine in.',
});
const messageRefused = (scene: SmtpScene): ProblemWords => ({
  code: 'message-refused',
  what: `the mail server ${place(scene)} refuses the message`,
  hint: 'Let the mail server take WAV files of this sender: filters for spam and attachments refuse such. It is tried again.',
});

/** Names each recipient that is refused, with the first reason. */
function recipientsRefused({ refusals }: RecipientsRefused, scene: SmtpScene): ProblemWords {
  const [first] = refusals;
  const reply = (first && replyOf(first)) ?? { code: 550, status: '', command: '', text: '' };
  const names = refusals.map(({ recipient = '' }) => recipient).join(', ');
  const words = recipientMeaning(reply, names, scene);
  return { ...words, what: `${words.what} (the server says: ${quoted(reply.text, scene)})` };
}

function recipientMeaning(reply: Reply, names: string, scene: SmtpScene): ProblemWords {
  const { code, status } = reply;
  if (code === 421) return busy(scene);
  if (code === 530) return demanded(scene);
  if (status === '2.2' || code === 452 || code === 552)
    return {
      code: 'no-space',
      what: `the mailbox of ${names} is full; nobody got the message`,
      hint: 'Let the recipient make room, or raise the quota of the mailbox. It is tried again.',
    };
  if (code < 500)
    return {
      code: 'recipient-not-now',
      what: `the mail server ${place(scene)} does not take messages for ${names} at present; nobody got the message`,
      hint: 'It is tried again: servers that do not know a sender yet ask for that (greylisting).',
    };
  // Bad sender: many servers look at it only now.
  if (status === '1.7' || status === '1.8') return senderRefused(scene);
  const { from, username } = scene.settings;
  const login = username === undefined ? ', set username and password if it wants a login' : '';
  return {
    code: 'recipient-refused',
    what: `the mail server ${place(scene)} refuses the recipient ${names} for the sender ${from}; nobody got the message`,
    hint: `Correct the address, set from in smtp to one as which this user may send${login}, or allow relaying at the mail server.`,
  };
}

/** No answer of the server, but an error of the connection or of our own. */
function failure(error: unknown, scene: SmtpScene): ProblemWords {
  const { host, port } = scene.settings;
  const {
    code = '',
    originalCode,
    command,
  } = error as { code?: string; originalCode?: string; command?: string };
  const known = connectionProblem(originalCode ?? code, { host, port, settings: 'smtp' });
  if (known) return known;
  // By nodemailer itself, which knows from the greeting what the server takes.
  if (code === 'EMESSAGE' && command === 'MAIL FROM') return tooBig(scene);
  if (code === 'EPROTOCOL') return notUnderstood(scene);
  if (code === 'EAUTH') return noLogin(scene);
  return {
    code: 'connection-lost',
    what: `the connection to the mail server ${place(scene)} broke off`,
    hint: 'Check the log of the server and the network between. It is tried again.',
  };
}

const notUnderstood = (scene: SmtpScene): ProblemWords => ({
  code: 'not-understood',
  what: `${place(scene)} answers what no mail server should`,
  hint: 'Check host, port and tls in smtp: is that a mail server? Port 465 needs tls: implicit, 587 and 25 required.',
});

function silence(error: NoAnswer, scene: SmtpScene): TargetProblem {
  const hint =
    scene.step === 'connect'
      ? 'Check that a mail server is on this port, and host, port and tls in smtp: port 465 needs tls: implicit.'
      : 'Check the mail server and the network between. It is tried again.';
  return noAnswer(error, `the mail server ${place(scene)}`, hint);
}
