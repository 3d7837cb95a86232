import { directions, type ConsentMode, type Control, type Direction } from '../../../src/call/call.ts';

/** `A` to `C` are outside, behind the trunk; 200 and 201 are members of Verkauf, 210 of Service; 300 and 301 of none. */
export const phones = ['A', 'B', 'C', '200', '201', '210', '300', '301'] as const;
export type Phone = (typeof phones)[number];

/** What else can be called. `local` leads to 200 through a Local channel, `local-stays` through one with `/n`. */
export const places = ['group', 'queue', 'local', 'local-stays', 'forwarded', 'conference'] as const;
export type Place = (typeof places)[number];
export type Target = Phone | Place;

/**
 * What a story tells of one party.
 * - `hangs up first`: the older one of its two calls;
 * - `joins`: by SIP, it connects the other parties of its two calls;
 * - `holds`, `unholds`: by SIP, the other one hears music meanwhile;
 * - `pauses` to `starts`: the recording, by the key of a telephone, of whoever is a member or is none.
 */
export const partyVerbs = [
  'hangs up first',
  'answers',
  'declines',
  'hangs up',
  'joins',
  'parks',
  'retrieves',
  'logs in',
  'logs out',
  'holds',
  'unholds',
  'pauses',
  'resumes',
  'stops',
  'starts recording',
] as const;
export type PartyVerb = (typeof partyVerbs)[number];
/**
 * - `transfers to`: blind;
 * - `consults`: an attended transfer by feature code; a hang-up of the one who transfers completes it.
 */
export const targetVerbs = ['calls', 'transfers to', 'consults', 'picks up'] as const;
export type TargetVerb = (typeof targetVerbs)[number];

/** What can happen to Mitschnitt. */
export const incidents = ['dies', 'starts', 'loses AMI', 'loses ARI', 'reconnects', 'idles'] as const;
export type Incident = (typeof incidents)[number];

export type Act =
  | { readonly who: Phone; readonly verb: PartyVerb }
  | { readonly who: Phone; readonly verb: TargetVerb; readonly to: Target }
  | { readonly who: Phone; readonly verb: 'presses'; readonly key: string }
  | { readonly who: 'Mitschnitt'; readonly verb: Incident };

/** An act, so many ms after the one before. */
export type Scene = Act & { readonly after: number };

/** What a group does in each direction: how it announces, or that it does not record, or only on demand. */
export type Manner = ConsentMode | 'off' | 'on-demand';
export const manners: readonly Manner[] = ['none', 'notice', 'opt-out', 'opt-in', 'off', 'on-demand'];

/** What the verbs of a recording ask Mitschnitt for. */
export const controlOf: Readonly<Partial<Record<Act['verb'], Control>>> = {
  pauses: 'pause',
  resumes: 'resume',
  stops: 'stop',
  'starts recording': 'start',
};
export type GroupName = 'Verkauf' | 'Service';
export type Manners = Readonly<Record<GroupName, Readonly<Record<Direction, Manner>>>>;

export interface Story {
  readonly manners: Manners;
  /** Seed of delays and of the order in which the two connections tell; 0: none, each event at once. */
  readonly noise: number;
  readonly scenes: readonly Scene[];
}

/** The story in lines that {@link parseStory} reads. */
export function printStory({ manners: of, noise, scenes }: Story): string {
  const groups = (['Verkauf', 'Service'] as const).map(
    (name) => `${name}: ${directions.map((direction) => `${direction} ${of[name][direction]}`).join(', ')}`,
  );
  return [...groups, `noise ${noise}`, ...scenes.map(printScene)].join('\n');
}

function printScene(scene: Scene): string {
  const object = 'to' in scene ? ` ${scene.to}` : 'key' in scene ? ` ${scene.key}` : '';
  const after = scene.after % 1_000 === 0 ? `${scene.after / 1_000} s` : `${scene.after} ms`;
  return `${scene.who} ${scene.verb}${object}${scene.after === 0 ? '' : ` after ${after}`}`;
}

export function parseStory(text: string): Story {
  const plain = { incoming: 'none', outgoing: 'none', internal: 'none' } as const;
  let noise = 0;
  const read: Record<GroupName, Record<Direction, Manner>> = { Verkauf: { ...plain }, Service: { ...plain } };
  const scenes: Scene[] = [];
  for (const line of text.split('\n').map((each) => each.trim())) {
    const [, group, list] = /^(Verkauf|Service): (.*)$/.exec(line) ?? [];
    if (group !== undefined && list !== undefined) {
      for (const one of list.split(', ')) {
        const [direction, manner] = one.split(' ') as [Direction, Manner];
        if (!directions.includes(direction) || !manners.includes(manner))
          throw new Error(`what is '${one}'?`);
        read[group as GroupName][direction] = manner;
      }
    } else if (line.startsWith('noise ')) {
      noise = Number(line.slice('noise '.length));
    } else if (line !== '') {
      scenes.push(parseScene(line));
    }
  }
  return { manners: read, noise, scenes };
}

function parseScene(line: string): Scene {
  const [, told = line, amount, unit] = /^(.*?)(?: after ([\d.]+) (ms|s))?$/.exec(line) ?? [];
  const after = amount === undefined ? 0 : Number(amount) * (unit === 's' ? 1_000 : 1);
  const space = told.indexOf(' ');
  const [who, what] = [told.slice(0, space), told.slice(space + 1)];
  const incident = incidents.find((each) => each === what);
  if (who === 'Mitschnitt' && incident) return { who, verb: incident, after };
  const phone = phones.find((each) => each === who);
  if (!phone) throw new Error(`who is '${who}' in '${line}'?`);
  const alone = partyVerbs.find((verb) => verb === what);
  if (alone) return { who: phone, verb: alone, after };
  if (what.startsWith('presses ')) return { who: phone, verb: 'presses', key: what.slice(-1), after };
  const verb = targetVerbs.find((each) => what.startsWith(`${each} `));
  const to = [...phones, ...places].find((each) => what === `${verb ?? ''} ${each}`);
  if (!verb || !to) throw new Error(`what is '${line}'?`);
  return { who: phone, verb, to, after };
}
