import { constants } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { docker, fileIn, Server, testLabels } from './containers.ts';
import { eventually } from './eventually.ts';
import { readMail, type ReceivedMail } from './mailbox.ts';

const smtpHost = 11;
const startMs = 20_000;

/** What to start. */
export interface SmtpOptions {
  /** Prefix of the loopback network, such as '127.0.130.'; the server is .11. */
  readonly net: string;
  /** Folder of this machine that keeps the mailboxes; made if missing. */
  readonly root: string;
  /** The largest message in bytes; any by default. */
  readonly size?: number;
}

/** A file in a queue of Postfix, which makes it executable when all of the message is in it: a crash leaves others. */
interface Queued {
  readonly bytes: number;
  readonly whole: boolean;
}

/** Bytes of a message in which its headers, those of its parts and the beginning of the attachment are. */
const beginningBytes = 16_000;

/** A running Postfix, and the mailboxes that it fills. docker/smtp/start.sh says which addresses it takes. */
export class SmtpServer extends Server {
  readonly host: string;
  readonly ports = { none: 2525, required: 2587, implicit: 2465 } as const;
  readonly username = 'mitschnitt@example.test';
  readonly password = 'smtp-secret';
  /** In PEM, its own authority. */
  readonly certificate: string;
  readonly #root: string;

  private constructor({ net, root }: SmtpOptions, container: StartedTestContainer, certificate: string) {
    super(container);
    this.host = `${net}${String(smtpHost)}`;
    this.certificate = certificate;
    this.#root = root;
  }

  /** Resolves when the server takes messages. */
  static async start(options: SmtpOptions): Promise<SmtpServer> {
    const { net, root, size = 0 } = options;
    await mkdir(root, { recursive: true });
    // Who delivers is a user of the container that this machine does not know.
    await chmod(root, 0o777);
    const container = await new GenericContainer('mitschnitt/smtp')
      .withNetworkMode('host')
      .withLabels(testLabels)
      .withEnvironment({ NET: net, SIZE: String(size) })
      .withBindMounts([{ source: root, target: '/mail' }])
      .start();
    const certificate = await fileIn(container, '/etc/ssl/smtp.pem');
    const server = new SmtpServer(options, container, certificate);
    await server.ready();
    return server;
  }

  /** Paths of the messages in a mailbox, in the order of their arrival, once all that was taken has been delivered. */
  async messages(mailbox: string): Promise<readonly string[]> {
    await eventually(() => this.#hasDelivered(), { within: startMs });
    const folder = join(this.#root, mailbox, 'new');
    const names = await readdir(folder).catch(() => []);
    return names.sort().map((name) => join(folder, name));
  }

  /** All that a mailbox has got. */
  async read(mailbox: string): Promise<readonly ReceivedMail[]> {
    const paths = await this.messages(mailbox);
    return Promise.all(paths.map(async (path) => readMail(await readFile(path))));
  }

  /** As `read`, of large messages as well: without the end of their attachments. */
  async beginnings(mailbox: string): Promise<readonly ReceivedMail[]> {
    const paths = await this.messages(mailbox);
    return Promise.all(
      paths.map(async (path) => {
        const file = await open(path);
        const { buffer, bytesRead } = await file.read(Buffer.alloc(beginningBytes), 0, beginningBytes, 0);
        await file.close();
        const raw = buffer.subarray(0, bytesRead).toString('latin1');
        const [, boundary = ''] = /boundary="([^"]+)"/.exec(raw) ?? [];
        return readMail(Buffer.from(`${raw}\r\n--${boundary}--`, 'latin1'));
      }),
    );
  }

  /** Whether it is receiving a message at this moment, and has some of it on its disk. */
  async isReceiving(): Promise<boolean> {
    const incoming = await this.#queued('incoming');
    return incoming.some(({ bytes }) => bytes > 100_000);
  }

  /** Nothing that it has taken is on its way. */
  async #hasDelivered(): Promise<boolean> {
    // In the order in which messages go through them, and once more the one to which they come back.
    for (const queue of ['maildrop', 'incoming', 'active', 'deferred', 'active'])
      if ((await this.#queued(queue)).some(({ whole }) => whole)) return false;
    return true;
  }

  /**
   * The files of a queue. Looked up from outside: most tests wait for the queue several times, and a process in the
   * container for every look would take as long as all else together.
   */
  async #queued(queue: string): Promise<readonly Queued[]> {
    const folder = join(await this.fileSystem(), 'var/spool/postfix', queue);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    // One that is gone meanwhile is in the next queue.
    const found = files.map((file) => stat(join(file.parentPath, file.name)).catch(() => undefined));
    return (await Promise.all(found)).map((file) => ({
      bytes: file?.size ?? 0,
      whole: ((file?.mode ?? 0) & constants.S_IXUSR) !== 0,
    }));
  }

  /** Empties all mailboxes. */
  async clear(): Promise<void> {
    for (const mailbox of await readdir(this.#root)) {
      for (const path of await this.messages(mailbox)) await rm(path);
    }
  }

  /** What the server has logged. */
  async log(): Promise<string> {
    return docker('logs', this.container.getId());
  }

  protected override async ready(): Promise<void> {
    await eventually(() => greets(this.host, this.ports.none), { within: startMs });
  }
}

function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('no greeting')));
    socket.once('data', () => {
      resolve(true);
      socket.end('QUIT\r\n');
    });
  });
}
