// Random stories of calls on real telephones. What Mitschnitt lists and records of them must be what it does in the same
// story on the simulated PBX, where test/call/exploration proves it right.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { Direction } from '../../src/call/call.ts';
import type { Manner, Manners } from '../call/exploration/story.ts';
import { eventually } from './eventually.ts';
import { isWaiting, Station, type Listed } from './station.ts';
import { configOf, differences, endpointsOf, playAll, type Lane } from './story-lane.ts';
import { drawStories } from './story-scripts.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,tT)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,tT)
exten => _00X.,1,Dial(PJSIP/\${EXTEN:1}@trunk\${EXTEN:2:1},30,U(mitschnitt-called)tT)
`;
const features = `[general]
featuredigittimeout = 1000
transferdigittimeout = 1
[featuremap]
atxfer = *2
`;

/** Fixed, so that a build does not depend on luck; the environment takes others. */
const { MITSCHNITT_STORIES_SEED: seed = '1', MITSCHNITT_STORIES_PER_LANE: perLane = '3' } = process.env;
/** Incoming, outgoing, internal. */
const lanes: readonly Lane[] = [
  lane(1, 'none', 'none', 'none'),
  lane(2, 'opt-out', 'notice', 'none'),
  lane(3, 'opt-in', 'none', 'notice'),
  lane(4, 'notice', 'opt-out', 'off'),
  lane(5, 'none', 'opt-in', 'opt-out'),
  lane(6, 'off', 'notice', 'none'),
];
const settledMs = 20_000;
const limitMs = 60_000 + 25_000 * Number(perLane);

function lane(index: number, ...[incoming, outgoing, internal]: readonly [Manner, Manner, Manner]): Lane {
  const of: Readonly<Record<Direction, Manner>> = { incoming, outgoing, internal };
  const manners: Manners = { Verkauf: of, Service: of };
  return { index, manners };
}

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  let station: Station;
  beforeAll(async () => {
    station = await Station.start({
      version,
      files: {
        'extensions.conf': dialplan,
        'features.conf': features,
        'musiconhold.conf': '[general]\n',
        'pjsip.conf': endpointsOf(lanes),
      },
      modules: ['res_pjsip_refer', 'res_musiconhold', 'codec_gsm', 'format_gsm'],
      configure: (config) => configOf(lanes, config),
    });
  }, 60_000);
  beforeEach(() => station.clear());
  afterAll(() => station.stop());

  async function settledLines(): Promise<readonly Listed[]> {
    const lines = await station.recordings();
    const isOpen = (line: Listed): boolean => line.call.outcome === null || isWaiting(line);
    if (lines.some(isOpen) || (await station.spooled()).length > 0) throw new Error('not settled');
    return lines;
  }

  test(
    'random stories are recorded as on the simulated PBX',
    async () => {
      const played = await Promise.all(
        lanes.map(async (each) =>
          playAll(station, each, drawStories(Number(perLane), Number(seed) * 100 + each.index, each.manners)),
        ),
      );
      await eventually(() => station.isQuiet(), { within: settledMs, every: 200 });
      const lines = await eventually(settledLines, { within: settledMs, every: 200 });
      expect(
        played
          .flat()
          .flatMap((each) => differences(each, lines, station))
          .join('\n\n'),
      ).toBe('');
    },
    limitMs,
  );
});
