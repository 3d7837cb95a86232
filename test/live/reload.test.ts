// Another configuration, and reloads of Asterisk itself, in the middle of calls; on both versions.
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { heard, Station, voices, type Heard, type Listed } from './station.ts';
import { readWav } from './tone.ts';
import type { Call } from './call.ts';

/** Long enough to be heard in a file, before and after what happens. */
const partMs = 1_200;
/** A hole in a voice that is no hole: a packet that came late. */
const hiccupMs = 100;
/** What the detection of a tone blurs. */
const slackMs = 200;
const lookEveryMs = 50;
/** The uploader gives up a transfer that hangs after 10 s. */
const takenOverWithin = 20_000;

const group = {
  record: { incoming: true, outgoing: false, internal: false },
  announcement: { incoming: { mode: 'notice' } },
};
const sales = { ...group, name: 'Verkauf', members: ['200'], deliver_to: ['archive'] };
const purchase = { ...group, name: 'Einkauf', members: ['201'], deliver_to: ['hung'] };

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  let station: Station;
  /** Takes connections, and never says a word. */
  let hung: Server;
  let calls = 0;
  let taken = 0;

  beforeAll(async () => {
    hung = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(hung, 'listening');
    const { port } = hung.address() as AddressInfo;
    const login = { username: 'pbx', password: 'secret' };
    station = await Station.start({
      version,
      configure: (config) => ({
        ...config,
        groups: [sales, purchase],
        targets: {
          ...(config.targets as object),
          hung: { type: 'ftp', host: '127.0.0.1', port, tls: 'none', ...login, path: 'x' },
        },
      }),
    });
  }, 60_000);
  afterAll(async () => {
    await station.stop();
    hung.close();
  });

  const newNumber = (): string => `+417933${String(++calls).padStart(4, '0')}`;

  async function talking(from: string, to: '200' | '201'): Promise<{ caller: Call; member: Call }> {
    const member = await station.parties.party(to).answers();
    const caller = await station.parties.party('trunk').calls(to, { from });
    await eventually(() => member.answeredAt, { within: 10_000 });
    await pause(partMs);
    return { caller, member };
  }

  async function hangUp({ caller, member }: { caller: Call; member: Call }): Promise<void> {
    caller.hangUp();
    await Promise.all([caller.done, member.done]);
  }

  /** Resolves when the configuration is in force. */
  async function reload(change: object): Promise<void> {
    await station.mitschnitt.configure({ ...station.config, ...change });
    taken += 1;
    station.mitschnitt.signal('SIGHUP');
    await eventually(() => station.mitschnitt.log.split('the configuration was taken over').length > taken, {
      within: takenOverWithin,
      every: lookEveryMs,
    });
  }

  /** Whether calls are led past the gate at any time from now on, until `end`. */
  function watchGate(): { end(): Promise<boolean> } {
    let [ended, wasClosed] = [false, false];
    const watching = (async () => {
      while (!ended) {
        wasClosed ||= /MITSCHNITT_ENTRY=x/.test(await station.asterisk.cli('dialplan show globals'));
        await pause(lookEveryMs);
      }
    })();
    return {
      async end() {
        ended = true;
        await watching;
        return wasClosed;
      },
    };
  }

  /** The only file of a call is one in which the caller is heard without a hole, for so long. */
  function expectWhole(line: Listed, found: Heard, atLeastMs: number): void {
    expect(line).toMatchObject({ outcome: 'recorded', consent: { complete: true } });
    expect(voices(found)).toEqual(['200', 'trunk']);
    const [first, ...more] = found.trunk;
    const last = more.at(-1) ?? first;
    const holes = more.map(({ fromMs }, index) => fromMs - (found.trunk[index]?.toMs ?? 0));
    expect(Math.max(0, ...holes)).toBeLessThan(hiccupMs);
    expect((last?.toMs ?? 0) - (first?.fromMs ?? 0)).toBeGreaterThan(atLeastMs - slackMs);
  }

  test('Asterisk reloads: the call is recorded on, and the next one is announced', async () => {
    const [number, next] = [newNumber(), newNumber()];
    const talk = await talking(number, '200');
    await station.asterisk.cli('core reload');
    await station.asterisk.cli('dialplan reload');
    await pause(partMs);
    await hangUp(talk);
    const line = await station.listedCall(number);
    expectWhole(line, station.heardIn(line), 2 * partMs);
    await station.incoming(next, { talkMs: partMs });
    expect(await station.listedCall(next)).toMatchObject({
      outcome: 'recorded',
      consent: { complete: true },
    });
  });

  test('a group that is renamed, and a target that is changed: the call goes on, and so does who calls meanwhile', async () => {
    const [stuck, number, meanwhile] = [newNumber(), newNumber(), newNumber()];
    await station.incoming(stuck, { to: '201', talkMs: partMs });
    await eventually(async () => (await station.recordings({ number: stuck }))[0]?.deliveries.length === 1);
    const talk = await talking(number, '200');
    const gate = watchGate();
    const reloaded = reload({ groups: [{ ...sales, name: 'Vertrieb' }, purchase] });
    await station.incoming(meanwhile, { to: '201', talkMs: partMs });
    await reloaded;
    expect(await gate.end()).toBe(false);
    const path = join(station.folder, 'elsewhere');
    await mkdir(path);
    const targets = { ...(station.config.targets as object), archive: { type: 'folder', path } };
    await reload({ targets, groups: [{ ...sales, name: 'Vertrieb' }, purchase] });
    await hangUp(talk);
    const line = await station.listedCall(number);
    expect(line).toMatchObject({ group: 'Verkauf', deliveries: [{ target: 'archive', state: 'delivered' }] });
    expectWhole(line, heard(readWav(join(path, line.file ?? ''))), 2 * partMs);
    const other = await eventually(async () => (await station.recordings({ number: meanwhile }))[0]);
    expect(other).toMatchObject({ outcome: 'recorded', consent: { complete: true } });
  });
});
