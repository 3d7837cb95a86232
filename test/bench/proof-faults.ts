// What happens to Mitschnitt, Asterisk, the disk and the line between them while calls go on.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { Cable } from '../live/cable.ts';
import type { Station } from '../live/station.ts';

/** A time in which something was broken, and until it worked again. */
export interface Fault {
  readonly kind: 'killed' | 'withheld' | 'disk-full' | 'crashed';
  readonly from: number;
  readonly to: number;
}

/** For longer than a call takes: some begin and end meanwhile. */
const awayMs = 9_000;
const withheldMs = 8_000;
const fullMs = 8_000;
const block = 4_096;
const largest = 16_777_216;

type Break = (station: Station, ami: Cable) => Promise<void>;

const breaks: Readonly<Record<string, Break>> = {
  /** Back at once. */
  killed: async ({ mitschnitt }) => {
    await mitschnitt.kill();
    await mitschnitt.run();
  },
  /** Nobody starts it for a while. */
  away: async ({ mitschnitt }) => {
    await mitschnitt.kill();
    await pause(awayMs);
    await mitschnitt.run();
  },
  withheld: async (_station, ami) => {
    ami.suffer({ silent: true });
    await pause(withheldMs);
    ami.suffer({});
  },
  'disk-full': async ({ spool }) => {
    const filler = join(spool, 'filler');
    for (let bytes = largest; bytes >= block; bytes /= 2)
      while (
        await writeFile(filler, new Uint8Array(bytes), { flag: 'a' }).then(
          () => true,
          () => false,
        )
      );
    await pause(fullMs);
    await rm(filler);
  },
  crashed: async ({ asterisk }) => {
    await asterisk.kill();
    await asterisk.restart();
  },
};

const kinds: Readonly<Record<string, Fault['kind']>> = { away: 'killed' };

/** In this order, again and again; Asterisk crashes twice at most. */
const order = ['killed', 'away', 'killed', 'withheld', 'killed', 'disk-full', 'killed', 'crashed'];
const mostCrashes = 2;

/** Breaks one thing after the other until it is over, with up to `calmMs` between. */
export async function breakThings(
  station: Station,
  ami: Cable,
  { calmMs, over }: { readonly calmMs: number; readonly over: AbortSignal },
): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (let turn = 0; ; turn += 1) {
    await pause((calmMs * (1 + Math.random())) / 2, undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return faults;
    const what = order[turn % order.length] ?? '';
    if (what === 'crashed' && faults.filter(({ kind }) => kind === 'crashed').length >= mostCrashes) continue;
    const from = Date.now();
    await breaks[what]?.(station, ami);
    faults.push({ kind: kinds[what] ?? (what as Fault['kind']), from, to: Date.now() });
  }
}
