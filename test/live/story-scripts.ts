// Stories of the simulated PBX as scripts for real telephones.
import fc from 'fast-check';

import { recordsOf } from '../../src/call/records.ts';
import type { CallRecord } from '../../src/recording/recording.ts';
import { faultsOf } from '../call/exploration/checks.ts';
import { isOutside } from '../call/exploration/dialplan.ts';
import { Stage } from '../call/exploration/performance.ts';
import type { Act, Manners, Phone, Scene, Story } from '../call/exploration/story.ts';
import { talksOf } from '../call/exploration/truth.ts';
import { plainDraftStory, walk, type DraftStory } from '../call/exploration/walk.ts';

/** Who takes part in a story on real telephones. */
export const livePhones = ['A', '200', '201', '300'] as const satisfies readonly Phone[];
export type LivePhone = (typeof livePhones)[number];

const liveVerbs = [
  ...(['calls', 'hangs up', 'hangs up first', 'presses'] as const),
  ...(['transfers to', 'consults', 'joins'] as const),
] as const satisfies readonly Act['verb'][];
export type LiveVerb = (typeof liveVerbs)[number];

/** One thing that a telephone does, so long after the beginning. The calls are those of the simulation. */
export interface Step {
  readonly atMs: number;
  readonly who: LivePhone;
  readonly verb: LiveVerb;
  readonly to?: LivePhone;
  readonly key?: string;
  /** The call that it places, or with which it does it. */
  readonly call: string;
  /** The older one of its calls. */
  readonly older?: string;
}

/** How a telephone takes its next call. */
export interface Taking {
  readonly call: string;
  /** Rings so long; undefined: nobody answers. */
  readonly afterMs: number | undefined;
  readonly declines: boolean;
}

/** What is listed in the end, and who is heard in the file. */
export interface ListedLine {
  readonly direction: string;
  readonly from: string;
  readonly to: string;
  readonly outcome: string;
  /** Undefined: there is no file. */
  readonly heard: readonly LivePhone[] | undefined;
}

export interface Script {
  readonly story: Story;
  readonly steps: readonly Step[];
  readonly takings: ReadonlyMap<LivePhone, readonly Taking[]>;
  readonly lines: readonly ListedLine[];
  readonly lengthMs: number;
}

/** Real telephones and a real Asterisk take their time. */
const pausesMs = [1_000, 1_500, 2_000];
const longestMs = 14_000;
/** A talk that is shorter says nothing: the machine may be late. */
const shortestTalkMs = 1_000;
const fewestScenes = 5;
const samplesAtOnce = 400;
/** Some seeds draw long series of stories in which nobody transfers anybody. */
const mostSeries = 50;
const seriesApart = 10_000;

/** So many different stories that real telephones can play, and that leave something to be checked. */
export function drawStories(count: number, seed: number, manners: Manners): readonly Script[] {
  const scripts: Script[] = [];
  for (const sample of samplesOf(seed)) {
    if (scripts.length === count) break;
    const drafts = sample.drafts.map((draft) => ({
      ...draft,
      after: pausesMs[draft.who % pausesMs.length] ?? 0,
    }));
    const stage = walk({ manners, noise: 0, calm: true, drafts: drafts.slice(0, 14) }, isPlayable);
    const story: Story = {
      manners,
      noise: 0,
      scenes: stage.played.filter(({ who }) => who !== 'Mitschnitt'),
    };
    const script = scriptOf(story);
    // Every second one has a transfer.
    if (script && (scripts.length % 2 === 1 || hasTransfer(script))) scripts.push(script);
  }
  if (scripts.length < count) throw new Error(`only ${scripts.length} stories of ${count}`);
  return scripts;
}

function* samplesOf(seed: number): Generator<DraftStory> {
  for (let series = 0; series < mostSeries; series += 1) {
    yield* fc.sample(plainDraftStory, { seed: seed + series * seriesApart, numRuns: samplesAtOnce });
  }
}

function isPlayable(act: Act): boolean {
  const isTaking = act.verb === 'answers' || act.verb === 'declines';
  if (!isLive(act.who) || !(isTaking || isLiveVerb(act.verb))) return false;
  // Asterisk waits for more digits of a number outside.
  return !('to' in act) || (isLive(act.to) && !(act.verb === 'consults' && isOutside(act.to)));
}

function hasTransfer({ steps }: Script): boolean {
  return steps.some(({ verb }) => verb === 'transfers to' || verb === 'consults' || verb === 'joins');
}

function isLiveVerb(verb: string): verb is LiveVerb {
  return liveVerbs.some((each) => each === verb);
}

function isLive(who: string): who is LivePhone {
  return livePhones.some((phone) => phone === who);
}

/** Plays the story on the simulated PBX; undefined if it leaves too little, or nothing that is certain. */
function scriptOf(story: Story): Script | undefined {
  const stage = new Stage(story);
  const rehearsal = new Rehearsal(stage);
  for (const { after, ...act } of story.scenes) rehearsal.play(act, after);
  const lengthMs = rehearsal.elapsedMs;
  stage.end();
  const talks = talksOf(stage);
  const isCertain = talks.every(
    ({ from, to, outcome, crowded }) => outcome !== undefined && !crowded && to - from >= shortestTalkMs,
  );
  const isWorthwhile = talks.length > 0 && story.scenes.length >= fewestScenes && lengthMs <= longestMs;
  if (!isCertain || !isWorthwhile || faultsOf(stage).length > 0) return undefined;
  return { story, lengthMs, ...rehearsal.told, lines: linesOf(stage) };
}

/** Notes which call each scene is about. */
class Rehearsal {
  readonly #stage: Stage;
  readonly #steps: Step[] = [];
  readonly #answers = new Map<string, Omit<Taking, 'call'>>();
  elapsedMs = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  play(act: Act, after: Scene['after']): void {
    const stage = this.#stage;
    stage.pass(after);
    this.elapsedMs += after;
    if (act.who === 'Mitschnitt') return;
    const [first] = stage.linesOf(act.who);
    const line = stage.linesOf(act.who).at(-1);
    const rings = stage.ringsAt(act.who);
    const before = stage.asterisk.channels.length;
    if (!stage.play(act)) return;
    const placed = stage.asterisk.channels.slice(before).find(({ origin }) => origin === 'placed');
    if (act.verb === 'answers' || act.verb === 'declines') {
      const afterMs = rings && stage.asterisk.clock.now - rings.from;
      if (rings) this.#answers.set(rings.id, { afterMs, declines: act.verb === 'declines' });
      return;
    }
    const of = act.verb === 'hangs up first' ? first : (placed ?? line);
    const { who, verb } = act;
    if (!of || !isLive(who) || !isLiveVerb(verb)) return;
    this.#steps.push({
      ...{ atMs: this.elapsedMs, who, verb, call: of.id },
      ...('key' in act ? { key: act.key } : {}),
      ...('to' in act && isLive(act.to) ? { to: act.to } : {}),
      ...(first ? { older: first.id } : {}),
    });
  }

  get told(): Pick<Script, 'steps' | 'takings'> {
    const dialled = this.#stage.asterisk.channels.filter(({ origin }) => origin === 'dialled');
    const takings = livePhones.map((phone) => {
      const calls = dialled.filter((channel) => channel.phone === phone).map(({ id }) => id);
      const nobody = { afterMs: undefined, declines: false };
      return [phone, calls.map((call) => ({ call, ...(this.#answers.get(call) ?? nobody) }))] as const;
    });
    return { steps: this.#steps, takings: new Map(takings) };
  }
}

function linesOf({ archive, asterisk, policy }: Stage): readonly ListedLine[] {
  const phoneOf = (id: string): LivePhone[] =>
    asterisk.channels.flatMap(({ id: own, phone }) => (own === id && phone && isLive(phone) ? [phone] : []));
  return [...archive.saved.values()].flatMap((call) =>
    recordsOf(call, policy, new Map()).map((record: CallRecord): ListedLine => {
      const { direction, from, to, verdict } = record;
      const segment = call.segments.find(({ id }) => id === record.id);
      const isKept = segment?.recording?.state === 'finished';
      const heard = isKept
        ? [...phoneOf(segment.memberChannel), ...phoneOf(segment.otherChannel)]
        : undefined;
      return { direction, from, to, outcome: verdict.outcome, heard };
    }),
  );
}
