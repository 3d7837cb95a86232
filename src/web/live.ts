import type { EventData } from './api/events.ts';
import type { LiveCall } from './api/overview.ts';
import { maySee, type Viewer } from './viewer.ts';

/** Something became of a delivery of a recording. */
export interface DeliveryNews {
  readonly place: number;
  readonly recording: string;
  readonly group: string | undefined;
}

/** What happens now, as the running program tells it: for those who may see all. */
export interface LiveSource {
  calls(): readonly LiveCall[];
  asterisk(): EventData<'asterisk'>;
  alarms(language: 'de' | 'en'): EventData<'alarms'>['alarms'];
  selfTest(): EventData<'selftest'>;
  targets(): Promise<readonly EventData<'target'>[]>;
  storage(): Promise<EventData<'storage'>>;
  /** The place of the line that was closed last. */
  lastLine(): Promise<number>;
  /** The place of the attempt of a delivery that was noted last. */
  lastTry(): Promise<number>;
  /** Attempts that were noted after that, in their order; of a recording that is gone without group. */
  triesAfter(place: number): Promise<readonly DeliveryNews[]>;
  /** Lines that were closed after that, in their order. */
  linesAfter(seq: number): Promise<readonly { readonly seq: number; readonly line: EventData<'record'> }[]>;
}

/** A live call as somebody sees it; undefined: not at all. */
export function callFor(viewer: Viewer, call: LiveCall): LiveCall | undefined {
  if (!maySee(viewer, call.group)) return undefined;
  return viewer.role === 'auditor' ? { ...call, controls: [] } : call;
}

export function callsFor(viewer: Viewer, calls: readonly LiveCall[]): LiveCall[] {
  return calls.flatMap((call) => callFor(viewer, call) ?? []);
}

/** Alarms whose subject is a group. */
const aboutGroups = new Set([
  'recording-failed',
  'recording-not-growing',
  'recording-finding',
  'call-missing',
]);
/** Those that explain to anybody why nothing is recorded. Others tell of files and servers. */
const forEverybody = new Set(['asterisk-disconnected', 'no-groups', 'storage-full', 'calls-unwatched']);

type Alarms = EventData<'alarms'>['alarms'];

export function alarmsFor(viewer: Viewer, alarms: Alarms): Alarms {
  if (!viewer.groups) return alarms;
  return alarms.filter(
    ({ kind, subject }) => forEverybody.has(kind) || (aboutGroups.has(kind) && maySee(viewer, subject)),
  );
}

/** What is about the machine and not about calls. */
export function seesMachine({ role }: Viewer): boolean {
  return role !== 'supervisor';
}
