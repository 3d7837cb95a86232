/** The section `groups`: whose calls are recorded, and what the other party is told. */
import { z } from 'zod';

import { directions, type ConsentMode, type Member } from '../call/call.ts';
import { comparable } from '../call/numbers.ts';
import { groupRetentionSchema } from './retention.ts';
import {
  Misunderstood,
  complain,
  duration,
  endpointPattern,
  fileName,
  matching,
  text,
  understood,
} from './values.ts';

const extensionPattern = /^[0-9*#+]{1,32}$/;

function readMember(written: string): Member | Misunderstood {
  if (extensionPattern.test(written)) return { kind: 'extension', first: written, last: written };
  if (endpointPattern.test(written)) return { kind: 'endpoint', endpoint: written };
  const queue = /^queue:([A-Za-z0-9_.-]{1,80})$/.exec(written)?.[1];
  if (queue !== undefined) return { kind: 'queue', queue };
  const [, first, last] = /^(\d{1,15})-(\d{1,15})$/.exec(written) ?? [];
  if (first === undefined || last === undefined) return new Misunderstood('is no member');
  if (first.length !== last.length)
    return new Misunderstood('has a first and a last extension of different length');
  if (first > last) return new Misunderstood('has a first extension greater than the last');
  return { kind: 'extension', first, last };
}

const member = understood(
  readMember,
  'an extension ("200"), a range ("210-219"), an endpoint (PJSIP/alice) or a queue (queue:support)',
).meta({
  description:
    'An extension ("200"), a range of extensions of equal length ("210-219"), an endpoint (PJSIP/alice) or a queue (queue:support).',
});

const key = (what: string) =>
  matching(/^[0-9*#]$/, 'one of 0 to 9, * and #')
    .prefault('1')
    .describe(`The key that ${what}.`);

const keyTimeout = duration('0s', '60s')
  .prefault('3s')
  .describe('How long after the end of the prompt the key still counts; a duration.');

const mode = <Mode extends ConsentMode>(value: Mode, meaning: string) =>
  z.literal(value).describe(`What the other party is told and asked: ${meaning}.`);

const prompt = (name: string) =>
  fileName()
    .prefault(name)
    .describe('The prompt to play: the file <name>.wav in the folder of the language.');

/** How one direction is announced. */
const directionAnnouncement = z.discriminatedUnion('mode', [
  z
    .strictObject({ mode: mode('none', 'nothing; the call is recorded without announcement') })
    .describe('Record without announcement.'),
  z
    .strictObject({
      mode: mode('notice', 'that the call is recorded; it is recorded if the prompt was played to its end'),
      prompt: prompt('ansage'),
    })
    .describe('Announce the recording.'),
  z
    .strictObject({
      mode: mode('opt-out', 'that the call is recorded, unless a key is pressed'),
      prompt: prompt('ansage-opt-out'),
      key: key('declines the recording'),
      timeout: keyTimeout,
      confirmation: fileName()
        .prefault('abgelehnt')
        .describe('The prompt that confirms to the other party that the call is not recorded.'),
    })
    .describe('Announce the recording; a key declines it.'),
  z
    .strictObject({
      mode: mode('opt-in', 'that the call is recorded only if a key is pressed'),
      prompt: prompt('ansage-opt-in'),
      key: key('agrees to the recording'),
      timeout: keyTimeout,
    })
    .describe('Record only after a key was pressed.'),
]);

const announcement = z
  .strictObject({
    incoming: directionAnnouncement
      .optional()
      .describe('What the caller hears before it rings at the member.'),
    outgoing: directionAnnouncement
      .optional()
      .describe('What the called party hears after answering and before being connected.'),
    internal: directionAnnouncement.optional().describe('What the calling colleague hears.'),
    early_media: z
      .boolean()
      .default(false)
      .describe(
        'Announce to a caller before the call is answered, so that they are not charged for it (SIP 183). Only for networks that let early audio through, and keys as well where one is asked for: Asterisk cannot tell whether the caller hears it, so that the prompt counts as heard. The evidence says that it was played early. The called party of an outgoing call hears it after answering, as ever.',
      ),
    reannounce: z
      .boolean()
      .default(false)
      .describe(
        'Announce again to an external party that is connected with somebody else: in the gate to one that is transferred through it; in the talk, so that nobody else hears it, to one that came to a member without having heard it (transferred by somebody who is no member, or by a route without the gate) or is handed over to one without having consented, which is recorded from the end of the announcement on. What a party hears and presses last counts from then on. One that declined is not asked again.',
      ),
  })
  .prefault({})
  .describe(
    'How the recording is announced, for each direction. Every direction that is recorded must say it; mode: none records without announcement.',
  );

const recordMode = (usual: boolean, calls: string) =>
  z
    .union([z.boolean(), z.literal('on-demand')], { error: 'true, false or on-demand' })
    .default(usual)
    .describe(
      `${calls}. on-demand: announced as usual, and recorded from the moment on in which somebody asks for it.`,
    );

const recordedDirections = z
  .strictObject({
    incoming: recordMode(true, 'Calls from an external party to a member'),
    outgoing: recordMode(true, 'Calls from a member to an external party'),
    internal: recordMode(false, 'Calls of a member with another party of this PBX'),
  })
  .prefault({})
  .describe('Which directions are recorded.');

const audio = z
  .strictObject({
    channels: z
      .enum(['mono', 'stereo'])
      .default('mono')
      .describe('mono: both parties mixed; stereo: the member left and the other party right.'),
    sample_rate: z
      .enum(['8000', 'auto'])
      .default('8000')
      .describe(
        "Samples per second of the recording: 8000, or auto for 16000 where the member's telephone speaks a wideband codec such as G.722 or Opus, and 8000 elsewhere.",
      ),
  })
  .prefault({})
  .describe('The form of the audio files.');

const numberPatterns = (description: string) =>
  z
    .array(
      matching(
        /^\+?[0-9][0-9 ()./-]{0,30}\*?$/,
        'a telephone number, which may end in * for all that begin so',
      ).transform(comparable),
    )
    .default([])
    .describe(description);

const howNumbersAreCompared =
  'A number (+41791234567), or with * at its end all that begin so (+4179*). It is compared with the number that the trunk reports of a caller, or that was dialled to the outside. 00 at the beginning counts as +, separators do not count; a number without + matches only those that the trunk reports without. A withheld number matches none.';

const language = () => matching(/^[a-z]{2,3}([_-][A-Za-z]{2,4})?$/, 'a language such as de, en or de_CH');

const languageByPrefix = z
  .record(
    matching(/^\+?[0-9]{1,15}$/, 'the beginning of a telephone number, such as "+33"').transform(comparable),
    language(),
  )
  .default({})
  .describe(
    'Other languages for external parties by the beginning of their number, compared as in never_record: { "+33": fr, "+1": en }. The longest one that fits decides; all prompts of the group are needed in each of the languages.',
  );

const groupFields = z.strictObject({
  name: text(64).describe('Name of the group, as listings, the report and folder templates show it. Unique.'),
  members: z
    .array(member)
    .min(1, 'at least one member')
    .describe('Whose calls are recorded. The first group of the file that has a member decides.'),
  record: recordedDirections,
  announcement,
  language: language().prefault('de').describe('Language of the prompts: the name of their folder.'),
  language_by_prefix: languageByPrefix,
  audio,
  deliver_to: z
    .array(z.string())
    .min(1, 'at least one target')
    .describe('Names of the targets that get the recordings of this group.'),
  never_record: numberPatterns(
    `External numbers whose calls are never recorded: no announcement is played to them, the outcome is excepted. Wins over everything else. ${howNumbersAreCompared}`,
  ),
  always_record: numberPatterns(
    'External numbers whose calls are recorded even where the direction is off, where no key was pressed, and where no announcement was heard. It is played to them all the same, where the group has one for the direction, and whoever declines by key is not recorded. Numbers as in never_record.',
  ),
  skip_announcement: numberPatterns(
    'External numbers with standing consent: no announcement is played to them, and they are recorded. Numbers as in never_record. A caller can forge the number that is shown: this rests on what the trunk reports.',
  ),
  retention: groupRetentionSchema,
  pause_limit: duration('1s')
    .optional()
    .describe('A paused recording resumes by itself after this time; a duration. Default: never.'),
  beep: z
    .strictObject({
      every: duration('1s', '1h').describe(
        'Time from one beep to the next; a duration, rounded to whole seconds.',
      ),
    })
    .optional()
    .describe(
      'A tone that reminds both parties of the recording; it is not in the file. Asterisk must have loaded func_periodic_hook.',
    ),
});

/** Runs beside faults of form, so that all are told at once: what it reads may be of any kind. */
function checkAnnounced(group: Partial<z.output<typeof groupFields>>, context: z.RefinementCtx): void {
  if (typeof group.record !== 'object' || typeof group.announcement !== 'object') return;
  for (const direction of directions) {
    if (group.record[direction] && group.announcement[direction] === undefined) {
      complain(
        context,
        ['announcement', direction],
        `is missing, and record.${direction} is on`,
        'mode: notice, opt-out or opt-in; say mode: none to record without announcement',
      );
    }
  }
}

const group = groupFields.check(z.superRefine(checkAnnounced, { when: () => true }));

/** Two groups of one name could not be told apart in listings. */
function checkNames(
  groups: readonly Partial<z.output<typeof groupFields>>[],
  context: z.RefinementCtx,
): void {
  if (!Array.isArray(groups)) return;
  const names = groups.map((candidate: Partial<z.output<typeof groupFields>> | undefined) => candidate?.name);
  names.forEach((name, index) => {
    if (name !== undefined && names.indexOf(name) < index) {
      complain(
        context,
        [index, 'name'],
        'is the name of an earlier group',
        'a name of its own for each group',
      );
    }
  });
}

export const groupsSchema = z
  .array(group)
  .default([])
  .check(z.superRefine(checkNames, { when: () => true }))
  .describe('Whose calls are recorded, by which rules and to which targets.');
