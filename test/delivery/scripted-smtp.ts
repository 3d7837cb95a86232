import { createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * What a mail server says to commands; `.` is the end of a message, `greeting` comes first. No reply: it stays silent.
 * Of several replies each is given once, then the last one.
 */
export type Script = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ScriptedSmtp {
  readonly host: string;
  readonly port: number;
  /** The commands that it was given, without their arguments. */
  readonly heard: readonly string[];
  /** Size of each message that came to its end, in bytes. */
  readonly messages: readonly number[];
  stop(): Promise<void>;
}

const polite: Readonly<Record<string, string>> = {
  greeting: '220 here',
  EHLO: '250 pleased',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go on',
  '.': '250 taken',
  RSET: '250 ok',
  QUIT: '221 bye',
};

/** A mail server that says what no honest one can be brought to say. */
export async function startScripted(script: Script): Promise<ScriptedSmtp> {
  const sockets = new Set<Socket>();
  const heard: string[] = [];
  const messages: number[] = [];
  const given = new Map<string, number>();
  const replyTo = (command: string): string | undefined => {
    const replies = command in script ? script[command] : (polite[command] ?? '500 what?');
    if (replies === undefined || typeof replies === 'string') return replies;
    const count = given.get(command) ?? 0;
    given.set(command, count + 1);
    return replies[Math.min(count, replies.length - 1)];
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const say = (command: string): void => {
      const reply = replyTo(command);
      if (reply !== undefined) socket.write(`${reply}\r\n`);
      if (reply?.startsWith('421')) socket.end();
    };
    let inMessage = false;
    let bytes = 0;
    let rest = '';
    socket.on('data', (piece) => {
      const lines = (rest + piece.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (inMessage && line !== '.') {
          bytes += line.length + 2;
          continue;
        }
        if (inMessage) messages.push(bytes);
        bytes = 0;
        const command = inMessage ? '.' : (line.split(/[ :]/)[0] ?? '').toUpperCase();
        heard.push(command);
        inMessage = command === 'DATA' && !('DATA' in script);
        say(command);
      }
    });
    say('greeting');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    heard,
    messages,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
