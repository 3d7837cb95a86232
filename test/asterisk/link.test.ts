import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';

import { Link, type Connection } from '../../src/asterisk/link.ts';
import { eventually } from '../live/eventually.ts';

/** How much later than asked a timer may fire on a busy machine. */
const slackMs = 200;

class FakeConnection implements Connection {
  readonly closed: Promise<Error>;
  closes = 0;
  end: (reason: Error) => void = () => undefined;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  close(): void {
    this.closes += 1;
    this.end(new Error('closed by us'));
  }
}

let link: Link | undefined;
afterEach(() => link?.stop());

/** A link with its opens played by `open`; tells when each was asked for and what was lost. */
function linked(open: () => Promise<Connection>) {
  const openedAt: number[] = [];
  const lost: unknown[] = [];
  const made = new Link(
    () => {
      openedAt.push(performance.now());
      return open();
    },
    (error) => lost.push(error),
  );
  link = made;
  const waits = () => openedAt.slice(1).map((at, index) => at - (openedAt[index] ?? 0));
  return { made, openedAt, lost, waits };
}

function expectAbout(ms: number | undefined, expected: number): void {
  expect(ms).toBeGreaterThan(expected - 5);
  expect(ms).toBeLessThan(expected + slackMs);
}

test('an attempt that failed is repeated after 250 ms, then after twice as long each time', async () => {
  const refused = new Error('refused');
  const { made, waits, lost } = linked(() => Promise.reject(refused));
  made.start();
  await eventually(() => waits().length === 3);
  const [first, second, third] = waits();
  expectAbout(first, 250);
  expectAbout(second, 500);
  expectAbout(third, 1_000);
  expect(lost.slice(0, 3)).toEqual([refused, refused, refused]);
});

test('a connection that stood is opened again after the shortest wait', async () => {
  const connections: FakeConnection[] = [];
  let fail = 2;
  const { made, waits, lost } = linked(() => {
    if (fail-- > 0) return Promise.reject(new Error('refused'));
    const connection = new FakeConnection();
    connections.push(connection);
    return Promise.resolve(connection);
  });
  made.start();
  await eventually(() => connections.length === 1);
  const endedAt = performance.now();
  connections[0]?.end(new Error('cut'));
  await eventually(() => connections.length === 2);
  expectAbout(performance.now() - endedAt, 250);
  expect(waits()).toHaveLength(3);
  expect(lost).toMatchObject([{ message: 'refused' }, { message: 'refused' }, { message: 'cut' }]);
});

test('stopping during an attempt ends it', async () => {
  let gaveUp = false;
  const made = new Link(
    (stopping) =>
      new Promise((_resolve, reject) => {
        stopping.addEventListener('abort', () => {
          gaveUp = true;
          reject(new Error('given up'));
        });
      }),
    () => undefined,
  );
  made.start();
  const before = performance.now();
  await made.stop();
  expect(gaveUp).toBe(true);
  expect(performance.now() - before).toBeLessThan(slackMs);
});

test('stopping during a wait ends at once', async () => {
  const { made, openedAt, lost } = linked(() => Promise.reject(new Error('refused')));
  made.start();
  await eventually(() => openedAt.length === 3);
  const before = performance.now();
  await made.stop();
  expect(performance.now() - before).toBeLessThan(100);
  await pause(100);
  expect(openedAt).toHaveLength(3);
  expect(lost).toHaveLength(3);
});

test('stopping closes the standing connection, and nothing counts as lost', async () => {
  const connection = new FakeConnection();
  const { made, openedAt, lost } = linked(() => Promise.resolve(connection));
  made.start();
  await eventually(() => openedAt.length === 1);
  await pause(10);
  await made.stop();
  expect(connection.closes).toBeGreaterThan(0);
  expect(openedAt).toHaveLength(1);
  expect(lost).toEqual([]);
});

test('a connection that comes about while it is being stopped is closed', async () => {
  const connection = new FakeConnection();
  let opened: (connection: Connection) => void = () => undefined;
  const { made, openedAt, lost } = linked(
    () =>
      new Promise((resolve) => {
        opened = resolve;
      }),
  );
  made.start();
  await eventually(() => openedAt.length === 1);
  const stopped = made.stop();
  opened(connection);
  await stopped;
  expect(connection.closes).toBe(1);
  expect(lost).toEqual([]);
});

test('starting twice opens one connection; stopping before the start, none', async () => {
  const { made, openedAt } = linked(() => Promise.resolve(new FakeConnection()));
  made.start();
  made.start();
  await pause(20);
  expect(openedAt).toHaveLength(1);

  const other = linked(() => Promise.resolve(new FakeConnection()));
  await other.made.stop();
  other.made.start();
  await pause(20);
  expect(other.openedAt).toEqual([]);
  await made.stop();
});
