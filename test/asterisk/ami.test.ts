import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';

import { AmiConnection, type AmiSettings } from '../../src/asterisk/ami.ts';
import { field, type AmiMessage } from '../../src/asterisk/ami-wire.ts';
import { eventually } from '../live/eventually.ts';
import { afterLogin, Manager, managerSecret } from './manager.ts';

/** The limits of the connection are 5 s; this is them and what a busy machine adds. */
const limitMs = 6_500;

const ends: (() => unknown)[] = [];
// Not after each: some of the tests go on at the same time.
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function manager(...parameters: Parameters<typeof Manager.start>): Promise<Manager> {
  const started = await Manager.start(...parameters);
  ends.push(() => started.stop());
  return started;
}

function connectionTo(port: number, changes: Partial<AmiSettings> = {}) {
  const events: AmiMessage[] = [];
  const settings = { host: '127.0.0.1', port, username: 'mitschnitt', secret: managerSecret, tls: undefined };
  const connection = new AmiConnection({ ...settings, ...changes }, (event) => events.push(event));
  ends.push(() => connection.close());
  return { connection, events };
}

/** A connection that is logged in; `answer` gets the actions after the login. */
async function loggedIn(answer: Parameters<typeof afterLogin>[0]) {
  const server = await manager(afterLogin(answer));
  const { connection, events } = connectionTo(server.port);
  await connection.open('call');
  return { server, connection, events, session: server.session };
}

const idOf = (action: AmiMessage) => `ActionID: ${field(action, 'ActionID')}`;
const ignore = () => undefined;

describe('logging in', () => {
  test('asks for the events of calls only, and keeps the greeting', async () => {
    const { connection, session } = await loggedIn(ignore);
    expect(connection.greeting).toBe('Asterisk Call Manager/11.0.0');
    expect(Object.fromEntries(session.actions[0] ?? [])).toMatchObject({
      Action: ['Login'],
      Username: ['mitschnitt'],
      Secret: [managerSecret],
      Events: ['call'],
    });
  });

  test('fails for whoever has the wrong secret, and leaves no connection', async () => {
    const server = await manager(afterLogin(ignore));
    const { connection } = connectionTo(server.port, { secret: 'wrong' });
    await expect(connection.open('call')).rejects.toMatchObject({
      code: 'ami-login-refused',
      fault: 'configuration',
      message: expect.not.stringContaining('wrong') as string,
    });
    await eventually(() => !server.session.isOpen);
  });

  test('fails where nobody listens', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    await expect(connectionTo(port).connection.open('call')).rejects.toMatchObject({
      code: 'ami-unreachable',
      fault: 'asterisk',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  test('fails when the server ends the connection instead of an answer', async () => {
    const server = await manager((_action, session) => session.cut());
    await expect(connectionTo(server.port).connection.open('call')).rejects.toMatchObject({
      code: 'ami-unreachable',
    });
  });

  test('fails at a server that floods it with what is no AMI', async () => {
    const server = await manager((_action, session) => session.write('x'.repeat(1_100_000)));
    await expect(connectionTo(server.port).connection.open('call')).rejects.toMatchObject({
      code: 'ami-unreachable',
      message: expect.stringContaining('this is not AMI') as string,
    });
  });
});

describe('an action', () => {
  test('gets its own answer, whatever the order, whether granted or not', async () => {
    const asked: AmiMessage[] = [];
    const { connection } = await loggedIn((action, session) => {
      asked.push(action);
      if (asked.length < 2) return;
      const [first, second] = asked;
      session.send('Response: Error', idOf(second ?? action), 'Message: No such channel');
      session.send('Response: Success', idOf(first ?? action), 'MixMonitorID: 0x1');
    });
    const [first, second] = await Promise.all([
      connection.action({ Action: 'MixMonitor', Channel: 'a' }),
      connection.action({ Action: 'MixMonitor', Channel: 'b' }),
    ]);
    expect(field(first, 'MixMonitorID')).toBe('0x1');
    expect(field(second, 'Message')).toBe('No such channel');
  });

  test('gets its answer whole, wherever on its way it was cut', async () => {
    const { connection } = await loggedIn((action, session) => {
      const answer = Buffer.from(`Response: Success\r\n${idOf(action)}\r\nValue: Zoë 📞 北京\r\n\r\n`);
      void (async () => {
        for (const byte of answer) {
          session.write(Uint8Array.of(byte));
          await pause(1);
        }
      })();
    });
    expect(field(await connection.action({ Action: 'Getvar' }), 'Value')).toBe('Zoë 📞 北京');
  });

  test('that would smuggle in another is not sent', async () => {
    const { connection, session } = await loggedIn(ignore);
    const smuggled = { Action: 'Getvar', Variable: 'x\r\nAction: Originate\r\n\r\n' };
    await expect(connection.action(smuggled)).rejects.toThrow(RangeError);
    await pause(20);
    expect(session.actions).toHaveLength(1);
  });

  test('that chooses events names each to its end', async () => {
    const asked: AmiMessage[] = [];
    const { connection } = await loggedIn((action, session) => {
      asked.push(action);
      session.send('Response: Error', idOf(action), 'Message: Permission denied');
    });
    await connection.only(['Hangup', 'DialBegin']);
    const filter = field(asked[0] ?? new Map(), 'Filter').replace('[[:space:]]', '\\s');
    const isChosen = (name: string): boolean => new RegExp(filter).test(`Event: ${name}\r\nChannel: x`);
    expect(['Hangup', 'DialBegin', 'HangupRequest', 'DialEnd'].filter(isChosen)).toEqual([
      'Hangup',
      'DialBegin',
    ]);
  });

  test('fails when the connection is cut in the middle of its answer, and so do all that wait', async () => {
    const { connection, session } = await loggedIn((action, session) => {
      if (field(action, 'Action') === 'Getvar') session.write(`Response: Success\r\n${idOf(action)}\r\nVal`);
    });
    const waiting = [
      connection.action({ Action: 'StopMixMonitor' }),
      connection.list({ Action: 'CoreShowChannels' }, ignore),
      connection.action({ Action: 'Getvar' }),
    ];
    await eventually(() => session.actions.length === 4);
    const settled = Promise.allSettled(waiting);
    session.cut();
    expect(await settled).toMatchObject(
      waiting.map(() => ({ status: 'rejected', reason: { code: 'ami-unreachable' } })),
    );
    await expect(connection.closed).resolves.toMatchObject({ code: 'ami-unreachable' });
  });

  test('fails at once before the connection stands and after its end', async () => {
    const { connection } = await loggedIn(ignore);
    connection.close();
    await connection.closed;
    const before = performance.now();
    await expect(connection.action({ Action: 'Ping' })).rejects.toThrow('not connected');
    await expect(connectionTo(1).connection.action({ Action: 'Ping' })).rejects.toThrow('not connected');
    expect(performance.now() - before).toBeLessThan(100);
  });
});

describe('a list', () => {
  const entry = (action: AmiMessage, id: string) => [
    'Event: CoreShowChannel',
    idOf(action),
    `Uniqueid: ${id}`,
  ];

  test('is taken whole before any event that came after it, and after any that came before', async () => {
    const order: string[] = [];
    const server = await manager(
      afterLogin((action, session) => {
        session.send('Event: Newchannel', 'Uniqueid: before');
        session.send('Response: Success', idOf(action), 'EventList: start');
        session.send(...entry(action, '1.1'));
        session.send('Event: Newchannel', 'Uniqueid: amid');
        session.send(...entry(action, '1.2'));
        session.send('Event: CoreShowChannelsComplete', idOf(action), 'EventList: Complete', 'ListItems: 2');
        session.send('Event: Hangup', 'Uniqueid: after');
      }),
    );
    const settings = { host: '127.0.0.1', port: server.port, username: 'm', secret: managerSecret };
    const connection = new AmiConnection({ ...settings, tls: undefined }, (event) => {
      order.push(field(event, 'Uniqueid'));
    });
    ends.push(() => connection.close());
    await connection.open('call');
    await connection.list({ Action: 'CoreShowChannels' }, (entries) => {
      order.push(entries.map((each) => field(each, 'Uniqueid')).join('+'));
    });
    await eventually(() => order.includes('after'));
    expect(order).toEqual(['before', 'amid', '1.1+1.2', 'after']);
  });

  test('may be empty', async () => {
    const { connection } = await loggedIn((action, session) => {
      session.send('Response: Success', idOf(action), 'EventList: start');
      session.send('Event: CoreShowChannelsComplete', idOf(action), 'EventList: Complete', 'ListItems: 0');
    });
    const taken: (readonly AmiMessage[])[] = [];
    await connection.list({ Action: 'CoreShowChannels' }, (entries) => taken.push(entries));
    expect(taken).toEqual([[]]);
  });

  test('that is refused fails with the reason, and nothing is taken', async () => {
    const { connection } = await loggedIn((action, session) => {
      session.send('Response: Error', idOf(action), 'Message: Permission denied');
    });
    const taken: unknown[] = [];
    const listing = connection.list({ Action: 'CoreShowChannels' }, (entries) => taken.push(entries));
    await expect(listing).rejects.toThrow('Permission denied');
    expect(taken).toEqual([]);
  });

  test('that is cut off fails, and nothing is taken', async () => {
    const { connection } = await loggedIn((action, session) => {
      session.send('Response: Success', idOf(action), 'EventList: start');
      session.send(...entry(action, '1.1'));
      setTimeout(() => session.cut(), 20);
    });
    const taken: unknown[] = [];
    const listing = connection.list({ Action: 'CoreShowChannels' }, (entries) => taken.push(entries));
    await expect(listing).rejects.toMatchObject({ code: 'ami-unreachable' });
    expect(taken).toEqual([]);
  });
});

test('events come in their order, and answers to others are none', async () => {
  const { events, session } = await loggedIn(ignore);
  session.send('Event: Newchannel', 'Uniqueid: 1.1');
  session.send('Event: OriginateResponse', 'ActionID: of-another', 'Uniqueid: 9.9');
  session.send('Response: Success', 'ActionID: 4711');
  session.send('Event: Hangup', 'Uniqueid: 1.1');
  await eventually(() => events.length === 2);
  expect(events.map((event) => field(event, 'Event'))).toEqual(['Newchannel', 'Hangup']);
});

test('closing ends the connection, and says so once', async () => {
  const { connection, session } = await loggedIn(ignore);
  connection.close();
  connection.close();
  await expect(connection.closed).resolves.toMatchObject({ message: 'closed by us' });
  await eventually(() => !session.isOpen);
});

// At the same time: all that they do is wait.
describe.concurrent('a manager that falls silent', () => {
  test('fails a login in time where there is a greeting and then nothing', async () => {
    const server = await manager(ignore);
    const before = performance.now();
    await expect(connectionTo(server.port).connection.open('call')).rejects.toMatchObject({
      code: 'ami-unreachable',
      message: expect.stringContaining('no answer within 5000 ms') as string,
    });
    expect(performance.now() - before).toBeLessThan(limitMs);
  });

  test('fails a login in time where there is not even a greeting', async () => {
    const server = await manager(ignore, '');
    const before = performance.now();
    await expect(connectionTo(server.port).connection.open('call')).rejects.toMatchObject({
      code: 'ami-unreachable',
    });
    expect(performance.now() - before).toBeLessThan(limitMs);
  });

  test('leaves no connection', async () => {
    const server = await manager(ignore);
    await expect(connectionTo(server.port).connection.open('call')).rejects.toThrow();
    await eventually(() => !server.session.isOpen, { within: 500 });
  });

  test('fails an action in time and ends the connection: what is in doubt is repaired with the next', async () => {
    const { connection } = await loggedIn(ignore);
    const before = performance.now();
    await expect(connection.action({ Action: 'Ping' })).rejects.toMatchObject({ code: 'ami-unreachable' });
    expect(performance.now() - before).toBeLessThan(limitMs);
    await expect(connection.closed).resolves.toMatchObject({ code: 'ami-unreachable' });
  });

  test('is noticed where nothing is asked of it', async () => {
    const { connection } = await loggedIn(ignore);
    const before = performance.now();
    await expect(connection.closed).resolves.toMatchObject({ code: 'ami-unreachable' });
    // A ping after 10 s, and 5 s for its answer.
    expect(performance.now() - before).toBeLessThan(16_500);
  });
});
