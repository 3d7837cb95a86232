// What pages that are open are told, and to whom.
import { afterEach, expect, test } from 'vitest';

import { createLog } from '../../src/log.ts';
import { EventHub } from '../../src/web/event-hub.ts';
import { notReady } from '../../src/web/failure.ts';
import type { DeliveryNews, LiveSource } from '../../src/web/live.ts';
import type { Viewer } from '../../src/web/viewer.ts';
import { eventually } from '../live/eventually.ts';

const nobodyCalls = { calls: () => [], asterisk: () => ({ ari: true, ami: true, version: '22.10.1' }) };
let targets: string[] = [];
let tries: DeliveryNews[] = [];

/** A program in which nothing happens but to targets and deliveries. */
const source = {
  ...nobodyCalls,
  alarms: () => [],
  selfTest: () => ({ running: false, result: null }),
  targets: () => Promise.resolve(targets.map((name) => ({ name }))),
  storage: () => Promise.resolve({}),
  lastLine: () => Promise.resolve(0),
  linesAfter: () => Promise.resolve([]),
  lastTry: () => Promise.resolve(tries.at(-1)?.place ?? 0),
  triesAfter: (after: number) => Promise.resolve(tries.filter(({ place }) => place > after)),
} as unknown as LiveSource;

let program = () => source;
const hub = new EventHub({
  ...{ source: () => program(), version: '1', time: String, now: Date.now },
  log: createLog({ level: 'error', format: 'text' }),
  isStill: () => Promise.resolve(true),
});

function joined(role: Viewer['role'], groups?: readonly string[]): string[] {
  const told: string[] = [];
  const viewer = {
    actor: `web:${role}`,
    name: role,
    role,
    groups,
    by: 'session',
    key: role,
    expiresAt: undefined,
  };
  hub.join(viewer as Viewer, 'de', {
    write: (text) => {
      told.push(text);
      return true;
    },
    end: () => undefined,
  });
  return told;
}

afterEach(() => {
  program = () => source;
  hub.stop();
});

test('while another configuration is taken over there is nothing to tell, and pages stay open', async () => {
  let asked = 0;
  program = () => {
    asked += 1;
    throw notReady();
  };
  const told = joined('administrator');
  await eventually(() => asked > 10);
  program = () => source;
  await eventually(() => told.some((text) => text.startsWith('event: asterisk')));
});

test('a target that was removed or renamed is told to be gone, once', async () => {
  targets = ['archiv', 'cloud'];
  const told = joined('administrator');
  await eventually(() => told.some((text) => text.includes('"cloud"')));
  targets = ['archiv', 'wolke'];
  await eventually(() => told.some((text) => text.includes('event: target-over')));
  await eventually(() => told.some((text) => text.includes('"wolke"')));
  const gone = told.filter((text) => text.startsWith('event: target-over'));
  expect(gone).toEqual(['event: target-over\ndata: {"name":"cloud"}\n\n']);
});

test('a delivery that succeeded or failed is told to those who see the recording', async () => {
  tries = [{ place: 7, recording: 'before', group: 'Verkauf' }];
  const [anna, bert] = [joined('supervisor', ['Verkauf']), joined('supervisor', ['Support'])];
  const changes = (told: readonly string[]) =>
    told.filter((text) => text.startsWith('event: record-changed'));
  await eventually(() => anna.some((text) => text.startsWith('event: asterisk')));
  // The place is known by then.
  await new Promise((resolve) => setTimeout(resolve, 50));
  tries = [...tries, ...[8, 9].map((place) => ({ place, recording: 'sale-1', group: 'Verkauf' }))];
  await eventually(() => changes(anna).length > 0);
  expect(changes(anna)).toEqual(['event: record-changed\ndata: {"id":"sale-1"}\n\n']);
  expect(changes(bert)).toEqual([]);
});
