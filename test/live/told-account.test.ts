// The account that Asterisk tells over AMI while it is listened to: its call detail records, or its channel events.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { Station } from './station.ts';

const managerConf = resolve(import.meta.dirname, '../../docker/asterisk/etc/manager.conf');

interface Stated {
  readonly complete: boolean;
  readonly recorded: number;
  readonly not_recorded: Readonly<Record<string, number>>;
  readonly gaps: readonly object[];
  readonly unwatched: readonly { readonly reason: string; readonly accounted: boolean }[];
  readonly account: Readonly<Record<string, number>> & {
    readonly holes: readonly { readonly from: string; readonly to: string }[];
  };
}

const accounts = { cdr: { cdr: { ami: true } }, cel: { cel: true } } as const;

let station: Station;
afterEach(() => station.stop());

/** An Asterisk that keeps both accounts and tells them, and a Mitschnitt that takes one of them. */
async function start(version: 22 | 16, kind: keyof typeof accounts): Promise<void> {
  const manager = await readFile(managerConf, 'utf8');
  station = await Station.start({
    version,
    files: {
      'manager.conf': manager.replace('read = call,user,agent', 'read = call,user,agent,cdr'),
      'cdr.conf': '[general]\nenable = yes\n',
      'cdr_manager.conf': '[general]\nenabled = yes\n[mappings]\nlinkedid => LinkedID\n',
      'cel.conf': '[general]\nenable = yes\nevents = BRIDGE_ENTER,BRIDGE_EXIT\n[manager]\nenabled = yes\n',
    },
    modules: ['cdr_manager', 'cel_manager'],
    // Of the machine of Asterisk.
    configure: (config) => ({
      ...config,
      pbx: { ...(config['pbx'] as object), timezone: 'UTC' },
      reconciliation: accounts[kind],
    }),
  });
}

/** The statement, once so many calls are compared. */
function compared(calls: number): Promise<Stated> {
  return eventually(
    async () => {
      const { stdout } = await station.mitschnitt.cli('completeness', '--json');
      const stated = JSON.parse(stdout) as Stated;
      const { calls: told = 0, pending = 1 } = stated.account;
      if (told < calls || pending > 0) throw new Error(stdout);
      return stated;
    },
    { within: 25_000, every: 1_000 },
  );
}

/** A call that is recorded, one that is declined, and one to the outside: known to Asterisk as to the catalogue. */
async function threeCalls(kind: keyof typeof accounts): Promise<void> {
  await station.incoming('+41790050001');
  await station.incoming('+41790050002', { keys: [{ afterMs: 200, key: '1' }] });
  await station.outgoing('0790050003');
  const { account, gaps, recorded, not_recorded: notRecorded } = await compared(3);
  expect({ recorded, notRecorded, gaps }).toEqual({ recorded: 2, notRecorded: { declined: 1 }, gaps: [] });
  expect(account).toMatchObject({ calls: 3, matched: 3, only_in_catalogue: 0, unreadable: 0, holes: [] });
  const check = await station.mitschnitt.cli('check', '--json');
  expect(check.stdout).toContain(`${kind}_manager`);
  expect(check.code).toBe(0);
}

test('channel events of Asterisk 16 know each call as the catalogue does', async () => {
  await start(16, 'cel');
  await threeCalls('cel');
}, 60_000);

test('call detail records of Asterisk 22 do as well, and the time in which nobody heard them is a hole, not proven', async () => {
  await start(22, 'cdr');
  await threeCalls('cdr');
  await station.mitschnitt.kill();
  const diedAt = Date.now();
  await station.incoming('+41790050004');
  const ranAt = Date.now();
  await station.mitschnitt.run();
  await station.incoming('+41790050005');
  const { account, complete, unwatched } = await compared(4);
  expect(account).toMatchObject({ calls: 4, matched: 4, only_in_catalogue: 0 });
  const [hole, ...others] = account.holes;
  expect(others).toEqual([]);
  expect(Date.parse(hole?.from ?? '')).toBeLessThanOrEqual(diedAt);
  expect(Date.parse(hole?.to ?? '')).toBeGreaterThanOrEqual(ranAt);
  expect(unwatched).toMatchObject([{ reason: 'not-running', accounted: false }]);
  expect(complete).toBe(false);
  const text = await station.mitschnitt.cli('completeness');
  expect(text.stdout).toContain('not in them: calls that ended in this time');
}, 60_000);
