import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EmailTarget, type EmailSettings } from '../../src/delivery/email.ts';
import type { Target } from '../../src/delivery/target.ts';
import { SmtpMailer, smtpLimits, type SmtpLimits, type SmtpSettings } from '../../src/mail/smtp.ts';
import { takeNet } from '../live/net.ts';
import { SmtpServer } from '../live/smtp.ts';
import type { Fixture, Place } from './contract.ts';
import { closing } from './ftp.fixture.ts';
import { startRude } from './rude.ts';

/** So that a silent server is given up soon enough for a test. */
export const smtpTestLimits: SmtpLimits = { ...smtpLimits, answerMs: 1_000 };

const wrongPassword = 'Tr0ub4dor&3';

export function email(tls: 'required' | 'implicit'): Fixture {
  return {
    secrets: ['smtp-secret', wrongPassword],
    server: true,
    keeps: 'messages',
    start: () => startEmail(tls),
    obstacles: {
      'wrong password': {
        code: 'login-refused',
        fault: 'configuration',
        meet: (place) => changed(place, { smtp: { password: { reveal: () => wrongPassword } } }),
      },
      'server absent': {
        code: 'connection-refused',
        fault: 'destination',
        meet: (place) => changed(place, { smtp: { port: 9 } }),
      },
      'server silent': {
        code: 'no-answer',
        fault: 'destination',
        meet: async (place) => {
          const server = await startRude('silent');
          const smtp = { host: server.host, port: server.port };
          return closing(emailOf(place).target({ smtp }, smtpTestLimits), () => server.stop());
        },
      },
      'certificate not trusted': {
        code: 'certificate-untrusted',
        fault: 'configuration',
        meet: (place) => changed(place, { smtp: { ca: undefined } }),
      },
      'path missing': {
        code: 'recipient-refused',
        fault: 'destination',
        meet: (place) => changed(place, { to: ['nobody@example.test'] }),
      },
      'no right to write': {
        // Postfix looks at the sender only when it is told the recipient.
        code: 'recipient-refused',
        fault: 'destination',
        meet: (place) => changed(place, { smtp: { from: 'refused@example.test' } }),
      },
      'no space left': {
        code: 'no-space',
        fault: 'destination',
        meet: (place) => changed(place, { to: ['full@example.test'] }),
      },
    },
  };
}

interface EmailChanges {
  readonly to?: readonly string[];
  readonly max_size?: number;
  readonly smtp?: Partial<SmtpSettings>;
}

/** A mail server as a place, with targets of it that differ from the right one. */
interface EmailPlace extends Place {
  readonly server: SmtpServer;
  target(changes?: EmailChanges, limits?: SmtpLimits): Target;
}

/** Obstacles are only ever given the place that the same fixture started. */
const emailOf = (place: Place) => place as EmailPlace;
const changed = (place: Place, changes: EmailChanges) => Promise.resolve(emailOf(place).target(changes));

/** More than any test sends. */
const anySize = 1e9;

/** Settings of an e-mail target that are of no matter to most tests. */
export const emailSettings: EmailSettings = {
  type: 'email',
  to: ['archive@example.test'],
  max_size: anySize,
  format: 'wav',
  languageOf: () => 'de',
  timeZone: 'Europe/Zurich',
};

/** Settings with which a server takes messages; `ca` is a file with its certificate. */
export function reachSmtp(server: SmtpServer, tls: 'required' | 'implicit', ca: string): SmtpSettings {
  const { host, ports, username, password } = server;
  const from = 'pbx@example.test';
  return { ...{ host, port: ports[tls], tls, ca, username, from }, password: { reveal: () => password } };
}

async function startEmail(tls: 'required' | 'implicit'): Promise<EmailPlace> {
  const net = await takeNet();
  const root = await mkdtemp(join(tmpdir(), 'mitschnitt-mail-'));
  const mailboxes = join(root, 'mailboxes');
  const server = await SmtpServer.start({ net: net.prefix, root: mailboxes });
  const ca = join(root, 'ca.pem');
  await writeFile(ca, server.certificate);
  const right = reachSmtp(server, tls, ca);
  const attached = async () => (await server.beginnings('archive')).flatMap(({ attachments }) => attachments);
  return {
    server,
    target: ({ smtp, ...changes } = {}, limits = smtpLimits) =>
      new EmailTarget(
        'archiv',
        { ...emailSettings, ...changes },
        new SmtpMailer({ ...right, ...smtp }, limits),
      ),
    files: async () => (await attached()).map(({ name }) => name).sort(),
    identities: async () =>
      (await server.beginnings('archive')).map(({ headers }) => headers.get('message-id') ?? ''),
    isReceiving: () => server.isReceiving(),
    read: async (name) => {
      const mails = await server.read('archive');
      const found = mails.flatMap(({ attachments }) => attachments).find((each) => each.name === name);
      if (!found) throw new Error(`no message with ${name}`);
      return found.content;
    },
    write: async (name, content) => {
      const folder = join(mailboxes, 'archive', 'new');
      await mkdir(folder, { recursive: true });
      const head = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n';
      const part = `Content-Disposition: attachment; filename="${name}"\nContent-Transfer-Encoding: base64\n\n`;
      await writeFile(join(folder, `0.${name}`), `${head}${part}${content.toString('base64')}\n--b--\n`);
    },
    clear: () => server.clear(),
    impatient: () =>
      new EmailTarget('archiv', emailSettings, new SmtpMailer(right, { ...smtpTestLimits, idleMs: 0 })),
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    restart: () => server.restart(),
    stop: async () => {
      await server.stop();
      await rm(root, { recursive: true });
      await net.release();
    },
  };
}
