import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { Alarms } from '../../src/alarms/alarms.ts';
import { Notifier } from '../../src/alarms/notifier.ts';
import { WebhookChannel } from '../../src/alarms/webhook-channel.ts';
import { DeliveryAlarms } from '../../src/alarms/delivery-alarms.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import { FtpTarget } from '../../src/delivery/ftp.ts';
import { Uploader } from '../../src/delivery/uploader.ts';
import { one, Workplace } from '../delivery/workplace.ts';
import { eventually } from '../live/eventually.ts';
import { Receiver } from './receiver.ts';
import type { Target } from '../../src/delivery/target.ts';

const policy = { gatherMs: 300, quietMs: 300, remindEveryMs: 3_600_000 };
const form = { language: 'en', timeZone: 'Europe/Zurich', host: 'pbx1' } as const;
const log = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
const receiver = new Receiver(Buffer.from('key'));

let folder: string;
let workplace: Workplace;
let running: { stop(): Promise<void> } | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-deliveries-'));
  workplace = await Workplace.create();
  receiver.received.length = 0;
  await receiver.start();
});
afterEach(async () => {
  await running?.stop();
  await receiver.stop();
  await workplace.remove();
  await rm(folder, { recursive: true });
});

/** Delivers and tells, as the program does. */
async function begin(target: Target): Promise<void> {
  const { catalogue, options } = workplace;
  const alarms = new Alarms({
    ...{ file: join(folder, 'alarms.json'), log, now: Date.now },
    listeners: [(alarm, state) => notifier.tell(alarm, state)],
  });
  const channel = new WebhookChannel({ url: receiver.url, secret: { reveal: () => 'key' } }, form);
  const notifier = new Notifier({ channel, ledger: catalogue, alarms, policy, log, now: Date.now });
  const deliveryAlarms = new DeliveryAlarms({ attempts: 3 }, alarms);
  const uploader = new Uploader({
    ...options,
    targets: [one(target)],
    report: (event) => deliveryAlarms.take(event),
    delays: { firstMs: 30, longestMs: 60, jitter: 0 },
  });
  await alarms.start();
  await deliveryAlarms.start(catalogue, [target.name]);
  await notifier.start();
  uploader.start();
  running = {
    stop: async () => {
      running = undefined;
      await uploader.stop();
      await notifier.stop();
      await alarms.stop();
    },
  };
}

const told = () =>
  receiver.received.map(({ body }) => body.alarms.map(({ state, subject }) => `${state} ${subject}`).join());

test('a target that is down with 500 recordings waiting is one message, and one when it is back', async () => {
  for (let count = 0; count < 500; count += 1) await workplace.record(['archiv']);
  const path = join(folder, 'nas');
  await begin(new FolderTarget('archiv', { type: 'folder', path }));
  await eventually(() => told().length === 1);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(told()).toEqual(['raised archiv']);
  await mkdir(path);
  await eventually(() => told().length === 2);
  expect(told()).toEqual(['raised archiv', 'over archiv']);
});

test('an alarm outlives a restart as long as the target is down, and is not told again', async () => {
  await workplace.record(['archiv']);
  const settings = { host: '127.0.0.1', port: 9, tls: 'none', username: 'u', path: '' } as const;
  const target = () => new FtpTarget('archiv', { type: 'ftp', ...settings, password: { reveal: () => 'p' } });
  await begin(target());
  await eventually(() => told().length === 1);
  expect(receiver.received[0]?.body.alarms).toMatchObject([{ kind: 'target-unreachable' }]);
  await running?.stop();
  await begin(target());
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(told()).toEqual(['raised archiv']);
});
