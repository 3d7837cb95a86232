import fc from 'fast-check';
import { faultsOf } from './checks.ts';
import { perform, Stage } from './performance.ts';
import {
  controlOf,
  incidents,
  manners,
  partyVerbs,
  phones,
  places,
  targetVerbs,
  type Act,
  type Manners,
  type Story,
} from './story.ts';

/** One step of a random walk: what would be next, if somebody is there who can do it. */
export interface Draft {
  readonly after: number;
  readonly kind: Act['verb'];
  /** Chooses among those who can. */
  readonly who: number;
  readonly to: number;
}

export interface DraftStory {
  /** Nothing happens to Mitschnitt: what is listed can be compared in all. */
  readonly calm: boolean;
  readonly manners: Manners;
  readonly noise: number;
  readonly drafts: readonly Draft[];
}

const weights: Readonly<Record<Act['verb'], number>> = {
  calls: 12,
  answers: 18,
  declines: 1,
  'hangs up': 5,
  'hangs up first': 2,
  presses: 6,
  'transfers to': 5,
  consults: 7,
  joins: 8,
  'picks up': 4,
  parks: 3,
  retrieves: 4,
  'logs in': 1,
  'logs out': 1,
  holds: 2,
  unholds: 2,
  pauses: 8,
  resumes: 5,
  stops: 6,
  'starts recording': 8,
  dies: 2,
  starts: 4,
  'loses AMI': 2,
  'loses ARI': 2,
  reconnects: 4,
  idles: 0,
};

/** Moments, the time of a key, of a prompt, of a talk. */
const pauses = [0, 1, 10, 60, 100, 150, 400, 1_000, 2_000, 2_100, 3_000, 5_000, 5_100, 6_000, 12_000];
const unhurriedMs = 600;
const mostChoices = 10_000;

const choice = fc.nat(mostChoices);
const manner = fc.constantFrom(...manners);
const directionsOf = fc.record({ incoming: manner, outgoing: manner, internal: manner });

/** Random drafts of such acts, each as often as its weight says. */
const draftsOf = (weighted: readonly (readonly [string, number])[]): fc.Arbitrary<DraftStory> =>
  fc.record({
    manners: fc.record({ Verkauf: directionsOf, Service: directionsOf }),
    noise: fc.nat(mostChoices),
    calm: fc.boolean(),
    drafts: fc.array(
      fc.record({
        after: fc.constantFrom(...pauses),
        kind: fc.oneof(
          ...weighted.map(([kind, weight]) => ({
            weight,
            arbitrary: fc.constant(kind as Act['verb']),
          })),
        ),
        who: choice,
        to: choice,
      }),
      { maxLength: 60, size: 'max' },
    ),
  });

export const draftStory = draftsOf(Object.entries(weights));
/** Nobody holds a call, or asks for anything about its recording. */
export const plainDraftStory = draftsOf(
  Object.entries(weights).filter(([kind]) => !(kind in controlOf) && !['holds', 'unholds'].includes(kind)),
);

/** What a draft comes to on the stage as it stands. */
function actsOf({ kind, who, to }: Draft, stage: Stage): Act[] {
  const incident = incidents.find((each) => each === kind);
  if (incident) return [{ who: 'Mitschnitt', verb: incident }];
  const people = rotated(phones, who);
  // Often somebody who talks already: that is how transfers begin.
  if (kind === 'calls' && who % 2 === 0)
    people.sort((a, b) => stage.linesOf(b).length - stage.linesOf(a).length);
  // Mostly a member.
  if (controlOf[kind] && who % 4 > 0)
    people.sort((a, b) => Number(b.startsWith('2')) - Number(a.startsWith('2')));
  const targets = rotated([...phones, ...places], to);
  return people.flatMap((phone): Act[] => {
    const alone = partyVerbs.find((each) => each === kind);
    if (alone) return [{ who: phone, verb: alone }];
    const directed = targetVerbs.find((each) => each === kind);
    if (directed) return targets.map((target) => ({ who: phone, verb: directed, to: target }));
    return [{ who: phone, verb: 'presses', key: to % 3 === 0 ? '2' : '1' }];
  });
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const from = by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}

/** Walks, and tells the story of what happened; only what `may` be. */
export function walk(
  { manners: of, noise, calm, drafts }: DraftStory,
  may: (act: Act) => boolean = () => true,
): Stage {
  const stage = new Stage({ manners: of, noise, scenes: [] });
  for (const draft of drafts) {
    // What is asked for in the moment of something else says little: nobody can tell which was first.
    const isUnhurried = controlOf[draft.kind] !== undefined && draft.who % 5 > 0;
    stage.pass(isUnhurried ? Math.max(draft.after, unhurriedMs) : draft.after);
    const acts = actsOf(draft, stage).filter((act) => may(act) && !(calm && act.who === 'Mitschnitt'));
    acts.some((act) => stage.play(act));
  }
  stage.play({ who: 'Mitschnitt', verb: 'idles' });
  stage.end();
  return stage;
}

/** The shortest and plainest story that goes wrong, too. */
export function reduced(story: Story): Story {
  let best = story;
  const isWrong = (candidate: Story): boolean => faultsOf(perform(candidate)).length > 0;
  if (!isWrong(best)) return best;
  const attempt = (candidate: Story): boolean => {
    if (!isWrong(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let changed = true; changed;) {
    changed = best.noise !== 0 && attempt({ ...best, noise: 0 });
    for (let index = best.scenes.length - 1; index >= 0; index -= 1) {
      const scenes = best.scenes.filter((_, at) => at !== index);
      changed = attempt({ ...best, scenes }) || changed;
    }
    for (const [index, scene] of best.scenes.entries()) {
      for (const after of [0, 1_000, 6_000].filter((ms) => ms < scene.after)) {
        const scenes = best.scenes.map((each, at) => (at === index ? { ...each, after } : each));
        if (!attempt({ ...best, scenes })) continue;
        changed = true;
        break;
      }
    }
    changed = plainer(best).some(attempt) || changed;
  }
  return best;
}

/** The same story with one manner less. */
function plainer(story: Story): readonly Story[] {
  return (['Verkauf', 'Service'] as const).flatMap((group) =>
    (['incoming', 'outgoing', 'internal'] as const)
      .filter((direction) => story.manners[group][direction] !== 'none')
      .map((direction) => ({
        ...story,
        manners: { ...story.manners, [group]: { ...story.manners[group], [direction]: 'none' } },
      })),
  );
}
