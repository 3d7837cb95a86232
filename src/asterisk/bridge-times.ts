import { setTimeout as pause } from 'node:timers/promises';

import type { AmiConnection } from './ami.ts';
import type { AriClient } from './ari.ts';
import type { EventClock } from './event-clock.ts';
import type { BridgeId, Instant } from '../call/call.ts';

interface AriBridge {
  readonly id: string;
  /** `2026-11-27T19:12:45.975+0000` */
  readonly creationtime?: string;
}

/** Calls wait for nothing that ARI is asked for. */
const withinMs = 500;
const nothing: ReadonlyMap<BridgeId, Instant> = new Map();

/**
 * When each bridge was made, which only ARI tells: in a call of two, when they began to talk. Empty where ARI does not
 * answer at once: a talk that is found then is told to have begun up to a second earlier.
 */
export async function bridgeTimes(
  ari: Pick<AriClient, 'request'>,
  ami: Pick<AmiConnection, 'action'>,
  clock: EventClock,
): Promise<ReadonlyMap<BridgeId, Instant>> {
  const tooLate = pause(withinMs, nothing, { ref: false });
  return Promise.race([asked(ari, ami, clock).catch(() => nothing), tooLate]);
}

async function asked(
  ari: Pick<AriClient, 'request'>,
  ami: Pick<AmiConnection, 'action'>,
  clock: EventClock,
): Promise<ReadonlyMap<BridgeId, Instant>> {
  // Of all answers only this one tells the time of Asterisk.
  const learning = ami.action({ Action: 'Ping' }).then((pong) => clock.at(pong, Date.now()));
  const [found] = await Promise.all([ari.request('GET', 'bridges'), learning]);
  return new Map(
    (found as readonly AriBridge[]).flatMap(({ id, creationtime }) => {
      const made = Date.parse(creationtime ?? '');
      return Number.isNaN(made) ? [] : [[id, clock.ours(made)] as const];
    }),
  );
}
