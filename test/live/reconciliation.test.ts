// The account that Asterisk keeps by itself, against calls that the test placed and Mitschnitt could not see.
import { afterEach, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { set } from './lines.ts';
import { Station } from './station.ts';

const cdrConf = `[general]
enable = yes
[csv]
loguniqueid = yes
newcdrcolumns = yes
usegmtime = yes
`;

let station: Station;
afterEach(() => station.stop());

interface Stated {
  readonly to_record: number;
  readonly recorded: number;
  readonly not_recorded: Readonly<Record<string, number>>;
  readonly gaps: readonly { readonly name: string; readonly from: string; readonly unwatched: boolean }[];
  readonly unwatched: readonly {
    readonly from: string;
    readonly to: string | null;
    readonly reason: string;
  }[];
  readonly account: Readonly<Record<string, number>>;
}

/** Asterisk writes where Mitschnitt can read: in the folder that both see. */
async function withAccount(): Promise<void> {
  const csv = (config: Record<string, unknown>) =>
    `${(config.spool as { path: string }).path}/cdr/Master.csv`;
  station = await Station.start({
    version: 22,
    run: false,
    files: { 'cdr.conf': cdrConf },
    modules: ['cdr_csv'],
    configure: (config) => set(['reconciliation'], { cdr: { csv: csv(config), times: 'utc' } })(config),
  });
  const folder = `${station.spool}/cdr`;
  await station.asterisk.shell(
    `mkdir ${folder} && chmod 777 ${folder} && rmdir /var/log/asterisk/cdr-csv && ln -s ${folder} /var/log/asterisk/cdr-csv`,
  );
}

test('calls while Mitschnitt is dead are gaps by name, and the statement agrees with what was dialled', async () => {
  await withAccount();
  await station.mitschnitt.run();
  await station.incoming('+41790040001');
  await station.incoming('+41790040002', { keys: [{ afterMs: 200, key: '1' }] });
  await station.mitschnitt.kill();
  const diedAt = Date.now();
  await station.incoming('+41790040003');
  await station.incoming('+41790040004', { to: '201' });
  const colleague = await station.parties.party('201').answers({ talkMs: 1_200 });
  const internal = await station.parties.party('200').calls('201');
  await Promise.all([internal.done, colleague.done]);
  const ranAt = Date.now();
  await station.mitschnitt.run();
  await station.incoming('+41790040005');

  const { stated, code } = await eventually(
    async () => {
      const result = await station.mitschnitt.cli('completeness', '--json');
      const found = result.json() as Stated;
      const { calls = 0, pending = 1 } = found.account;
      if (calls !== 6 || pending > 0) throw new Error(result.stdout);
      return { stated: found, code: result.code };
    },
    { within: 25_000, every: 2_000 },
  );
  expect(code).toBe(1);
  expect(stated).toMatchObject({ to_record: 4, recorded: 2, not_recorded: { declined: 1 } });
  expect(stated.account).toMatchObject({ matched: 3, gaps: 2, outside_policy: 1, only_in_catalogue: 0 });
  expect(stated.gaps).toMatchObject([
    { name: 'not-in-catalogue', from: '+41790040003', unwatched: true },
    { name: 'not-in-catalogue', from: '+41790040004', unwatched: true },
  ]);
  const [dead] = stated.unwatched;
  expect(dead).toMatchObject({ reason: 'not-running' });
  expect(Date.parse(dead?.from ?? '')).toBeLessThanOrEqual(diedAt);
  expect(Date.parse(dead?.to ?? '')).toBeGreaterThanOrEqual(ranAt);
  const status = (await station.mitschnitt.cli('status', '--json')).json();
  expect(status).toMatchObject({
    reconciliation: { gaps: 2 },
    alarms: [{ kind: 'call-missing', subject: 'Verkauf' }],
  });
}, 60_000);
