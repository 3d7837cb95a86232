/** The section `groups`: whose calls are recorded, and what the other party is told. */
import { z } from 'zod';

import { directions, type ConsentMode, type Member } from '../call/call.ts';
import {
  Misunderstood,
  complain,
  duration,
  endpointPattern,
  fileName,
  matching,
  notYet,
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
      .meta({
        description: 'Announce before the call is answered, so that the caller is not charged.',
        ...notYet({ except: ['false'] }),
      }),
    reannounce: z
      .boolean()
      .default(false)
      .meta({
        description: 'Announce again to an external party that joins the call later.',
        ...notYet({ except: ['false'] }),
      }),
  })
  .prefault({})
  .describe(
    'How the recording is announced, for each direction. Every direction that is recorded must say it; mode: none records without announcement.',
  );

const recordedDirections = z
  .strictObject({
    incoming: z.boolean().default(true).describe('Calls from an external party to a member.'),
    outgoing: z.boolean().default(true).describe('Calls from a member to an external party.'),
    internal: z.boolean().default(false).describe('Calls of a member with another party of this PBX.'),
  })
  .prefault({})
  .describe('Which directions are recorded.');

const audio = z
  .strictObject({
    channels: z
      .enum(['mono', 'stereo'])
      .default('mono')
      .meta({
        description: 'mono: both parties mixed; stereo: the member left and the other party right.',
        ...notYet({ except: ['mono'] }),
      }),
    sample_rate: z
      .enum(['8000', 'auto'])
      .default('8000')
      .meta({
        description: 'Samples per second of the recording: 8000, or auto to keep the quality of the call.',
        ...notYet({ except: ['8000'] }),
      }),
  })
  .prefault({})
  .describe('The form of the audio files.');

const numberPatterns = (description: string) =>
  z
    .array(matching(/^\+?[0-9]{0,20}\*?$/, 'a telephone number, which may end in * for all that begin so'))
    .default([])
    .meta({ description, ...notYet() });

const groupFields = z.strictObject({
  name: text(64).describe('Name of the group, as listings, the report and folder templates show it. Unique.'),
  members: z
    .array(member)
    .min(1, 'at least one member')
    .describe('Whose calls are recorded. The first group of the file that has a member decides.'),
  record: recordedDirections,
  announcement,
  language: matching(/^[a-z]{2,3}([_-][A-Za-z]{2,4})?$/, 'a language such as de, en or de_CH')
    .prefault('de')
    .describe('Language of the prompts: the name of their folder.'),
  audio,
  deliver_to: z
    .array(z.string())
    .min(1, 'at least one target')
    .describe('Names of the targets that get the recordings of this group.'),
  never_record: numberPatterns('External numbers whose calls are never recorded.'),
  always_record: numberPatterns('External numbers whose calls are recorded whatever else is set.'),
  skip_announcement: numberPatterns(
    'External numbers with standing consent: no announcement is played to them.',
  ),
  pause_limit: duration('1s')
    .optional()
    .meta({ description: 'A paused recording resumes by itself after this time; a duration.', ...notYet() }),
  beep: z
    .strictObject({ every: duration('1s').describe('Time from one beep to the next; a duration.') })
    .optional()
    .meta({ description: 'A tone that reminds both parties of the recording.', ...notYet() }),
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
  .min(1, 'at least one group')
  .check(z.superRefine(checkNames, { when: () => true }))
  .describe('Whose calls are recorded, by which rules and to which targets.');
