// A month of a company's telephone, for pictures: written into the catalogue before Mitschnitt runs.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Consent, Outcome } from '../../src/call/call.ts';
import type { Media } from '../../src/recording/media.ts';
import { localDateTime } from '../../src/recording/local-time.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { Passwords } from '../../src/web/passwords.ts';
import { closedCallOf, sampleRecord, sampleRecording } from '../catalogue/sample.ts';
import { password } from '../web/started-console.ts';
import { conversation, randomFrom } from './voices.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const days = 30;
const callsOfDay = 46;
/** How many calls begin in each hour of the working day, of the busiest. */
const busy: Readonly<Record<number, number>> = {
  ...{
    7: 0.2,
    8: 0.7,
    9: 1,
    10: 0.95,
    11: 0.8,
    12: 0.3,
    13: 0.6,
    14: 0.9,
    15: 0.85,
    16: 0.7,
    17: 0.4,
    18: 0.1,
  },
};
/** By share, and the rule that decides. */
const fates: readonly (readonly [share: number, outcome: Outcome, rule: string])[] = [
  [0.78, 'recorded', 'announced'],
  [0.88, 'declined', 'party-declined'],
  [0.94, 'not-answered', 'no-talk'],
  [0.97, 'excepted', 'number-never-recorded'],
  [0.985, 'too-short', 'less-audio-than-the-minimum'],
  [1, 'not-announced', 'gate-not-passed'],
];
/** Number, and the name that the PBX has for it, if any. */
const customers: readonly (readonly [number: string, name?: string])[] = [
  ['446681800', 'Muster AG'],
  ['791234567'],
  ['612614400', 'Bäckerei Sommer'],
  ['317775533', 'Kanzlei Amrein'],
  ['788812345', 'Garage Frei'],
  ['442130000', 'Hotel Seeblick'],
  ['586611200', 'Treuhand Keller'],
];
const members = { Verkauf: ['200', '201', '202'], Support: ['300', '301'], Buchhaltung: ['210'] } as const;

export interface Estate {
  readonly folder: string;
  /** Where the target keeps its files. */
  readonly archive: string;
  readonly timeZone: string;
}

/** Returns the id of a recording that can be heard. */
export async function furnish({ folder, archive, timeZone }: Estate): Promise<string> {
  const catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  try {
    await addPeople(catalogue);
    const heard = await addCalls(catalogue, archive, timeZone);
    await addTraces(catalogue, heard);
    await addSamples(catalogue, folder);
    return heard;
  } finally {
    await catalogue.close();
  }
}

async function addPeople(catalogue: SqliteCatalogue): Promise<void> {
  const hash = await new Passwords().hash(password);
  const now = Date.now();
  const add = async (
    name: string,
    role: 'administrator' | 'supervisor' | 'auditor',
    groups: string[],
    ago: number,
  ) =>
    catalogue.addUser({
      ...{ name, role, groups, password: hash, createdAt: now - 90 * dayMs },
      lastSignInAt: now - ago,
    });
  await add('admin', 'administrator', [], 20 * minuteMs);
  await add('r.keller', 'administrator', [], 3 * dayMs);
  await add('anna', 'supervisor', ['Verkauf', 'Buchhaltung'], 2 * hourMs);
  await add('b.meier', 'supervisor', ['Support'], dayMs);
  await add('revision', 'auditor', [], 12 * dayMs);
  await catalogue.addUser({
    ...{ name: 'c.frei', role: 'supervisor', groups: ['Support'], password: undefined },
    ...{ createdAt: now - hourMs, lastSignInAt: undefined },
  });
  await catalogue.changeUser('c.frei', { link: { hash: 'x', expiresAt: now + 2 * dayMs } });
  await catalogue.changeUser('r.keller', { isDisabled: true });
  const token = { role: 'auditor' as const, groups: [], createdBy: 'web:admin', createdAt: now - 40 * dayMs };
  await catalogue.addToken({
    ...{ ...token, id: randomUUID(), name: 'Prometheus', hash: 'a', lastUsedAt: undefined },
    expiresAt: now + 300 * dayMs,
  });
}

async function addCalls(catalogue: SqliteCatalogue, archive: string, timeZone: string): Promise<string> {
  const random = randomFrom(7);
  const pick = <Each>(list: readonly Each[]): Each => list[Math.floor(random() * list.length)] as Each;
  const hourIn = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' });
  const dayIn = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short' });
  const now = Date.now();
  const starts: number[] = [];
  for (let at = now - days * dayMs; at < now - 12 * minuteMs; at += hourMs) {
    const share = busy[Number(hourIn.format(at))] ?? 0;
    const isWeekend = /Sat|Sun/.test(dayIn.format(at)) && now - at > dayMs;
    const count = isWeekend ? 0 : Math.round((callsOfDay / 7) * share * (0.7 + 0.6 * random()));
    for (let call = 0; call < count; call += 1) starts.push(at + Math.floor(random() * hourMs));
  }
  const calls: SeededCall[] = [];
  for (const startedAt of starts.filter((at) => at < now - 5 * minuteMs).sort((a, b) => a - b)) {
    const group = pick(['Verkauf', 'Verkauf', 'Support', 'Support', 'Buchhaltung'] as const);
    const isOutgoing = random() > 0.65;
    const [number, name] = pick(customers);
    const [from, to] = [`+41${number}`, pick(members[group])];
    const parties = isOutgoing ? { from: to, to: from } : { from, to, fromName: name };
    const draw = random();
    const [, outcome, rule] = fates.find(([share]) => draw < share) ??
      fates[0] ?? [1, 'recorded', 'announced'];
    const usualMs = Math.round((20 + 500 * random() ** 3) * 1_000);
    const talkMs = { 'not-answered': 0, 'too-short': 400 }[outcome as string] ?? usualMs;
    const facts = {
      group,
      direction: isOutgoing ? ('outgoing' as const) : ('incoming' as const),
      ...parties,
    };
    // As the configuration of the pictures has it: this group announces nothing.
    const why = rule === 'announced' && group === 'Verkauf' ? 'no-announcement-required' : rule;
    calls.push({ id: randomUUID(), startedAt, talkMs, timeZone, facts, outcome, rule: why });
  }
  const heard = calls.findLast(({ outcome, facts, talkMs }) => {
    const isAnnounced = facts.group === 'Buchhaltung' && facts.direction === 'incoming';
    const isNamed = facts.fromName !== undefined;
    return outcome === 'recorded' && isAnnounced && isNamed && talkMs > 60_000 && talkMs < 200_000;
  });
  if (!heard) throw new Error('there is no recording to be heard');
  await mkdir(archive, { recursive: true });
  const audio = conversation(heard.talkMs, 11);
  await writeFile(join(archive, nameOf(heard)), audio);
  for (const call of calls) await addCall(catalogue, call, call === heard ? audio : undefined);
  return heard.id;
}

interface SeededCall {
  readonly id: string;
  readonly startedAt: number;
  readonly talkMs: number;
  readonly timeZone: string;
  readonly facts: {
    readonly group: string;
    readonly direction: 'incoming' | 'outgoing';
    readonly from: string;
    readonly to: string;
    readonly fromName?: string | undefined;
  };
  readonly outcome: Outcome;
  readonly rule: string;
}

function nameOf({ startedAt, timeZone, facts: { from, to } }: SeededCall): string {
  const when = localDateTime(startedAt, timeZone).replace(' ', '_').replaceAll(':', '-');
  return `Aufnahme_${when}_${from}_${to}.wav`;
}

/** Without audio the file is one that nobody will open. */
async function addCall(catalogue: SqliteCatalogue, call: SeededCall, audio?: Buffer): Promise<void> {
  const { id, startedAt, talkMs, facts, outcome, rule } = call;
  const file = outcome === 'recorded' ? nameOf(call) : undefined;
  const verdict = { outcome, rule };
  const record = sampleRecord(id, { ...facts, callId: `call-${id}`, startedAt, talkMs, verdict, file });
  const closed = closedCallOf(record);
  if (file !== undefined) {
    const recording = sampleRecording(id, {
      ...{ ...facts, callId: record.callId, startedAt, endedAt: startedAt + talkMs },
      ...{ bytes: audio?.length ?? bytesOf(talkMs), durationMs: talkMs, folder: '', name: file },
      sha256: createHash('sha256')
        .update(audio ?? id)
        .digest('hex'),
    });
    await catalogue.addRecording(recording, ['archiv']);
    const deliveredAt = startedAt + talkMs + 40_000;
    await catalogue.saveDelivery({
      ...{ recording: id, target: 'archiv', state: 'delivered', attempts: 1, dueAt: 0, name: file },
      ...{ deliveredAt, confirmedBy: 'sha256', problem: undefined },
    });
    await catalogue.noteLocalDeleted([id], deliveredAt);
  }
  const segments = closed.segments.map((segment) => ({
    ...segment,
    ...{ ...facts, id, startedAt, endedAt: startedAt + talkMs, verdict },
    recording: segment.recording && {
      ...segment.recording,
      media: file === undefined ? undefined : mediaOf(call),
    },
  }));
  const consents = rule === 'announced' || rule === 'party-declined' ? [evidenceOf(call)] : [];
  await catalogue.closeCall({ ...closed, startedAt, consents, segments: talkMs > 0 ? segments : [] }, [
    record,
  ]);
}

/** What the caller heard before the talk, and pressed. */
function evidenceOf({ startedAt, facts, rule, outcome }: SeededCall): Consent {
  const isIncoming = facts.direction === 'incoming';
  const promptMs = 6_800;
  const [otherChannel] = closedCallOf(sampleRecord('any')).segments.map((segment) => segment.otherChannel);
  return {
    ...{ group: facts.group, direction: facts.direction, mode: isIncoming ? 'opt-out' : 'notice' },
    ...{ channel: otherChannel ?? '', number: isIncoming ? facts.from : facts.to, language: 'de' },
    prompt: isIncoming ? 'ansage-opt-out' : 'ansage',
    sha256: createHash('sha256').update(rule).digest('hex'),
    ...{ place: 'gate', countsFrom: startedAt - 12_000, complete: true, problem: undefined },
    ...{ playedFrom: startedAt - 12_000, playedTo: startedAt - 12_000 + promptMs },
    decision: outcome === 'declined' ? 'declined' : 'none',
    ...(outcome === 'declined'
      ? { key: '1', keyAt: startedAt - 6_000 }
      : { key: undefined, keyAt: undefined }),
  };
}

/** What the check at the end found: nothing that is wrong. */
function mediaOf({ id, talkMs }: SeededCall): Media {
  const levels = { peak: 9_000, rms: 1_400, clipped: 0, audibleMs: talkMs * 0.45, longestSilenceMs: 6_500 };
  const sha256 = createHash('sha256').update(id).digest('hex');
  const form = { repaired: false, sampleRate: 8_000, levels: [levels, levels] };
  return { bytes: bytesOf(talkMs), durationMs: talkMs, sha256, ...form };
}

/** Of 16-bit stereo at 8 kHz. */
function bytesOf(ms: number): number {
  return 44 + Math.round(ms / 1_000) * 32_000;
}

async function addTraces(catalogue: SqliteCatalogue, heard: string): Promise<void> {
  const now = Date.now();
  await catalogue.addNote({
    ...{ record: heard, at: now - 9 * minuteMs, actor: 'web:anna' },
    text: 'Kunde bestätigt den Liefertermin vom 4. Dezember; Vertrag folgt per Post.',
  });
  const lines: readonly (readonly [number, string, string, string, string | undefined, boolean])[] = [
    [2 * dayMs, 'web:admin', 'user', 'c.frei', 'supervisor of Support', true],
    [26 * hourMs, 'cli:root', 'password', 'r.keller', undefined, true],
    [25 * hourMs, 'web:revision', 'download', heard, undefined, true],
    [5 * hourMs, 'web:chef', 'sign-in-refused', 'chef', undefined, false],
    [
      3 * hourMs,
      'web:admin',
      'configuration',
      '/etc/mitschnitt/mitschnitt.yaml',
      'groups.Support.members',
      true,
    ],
    [2 * hourMs, 'web:anna', 'sign-in', 'anna', undefined, true],
    [118 * minuteMs, 'web:anna', 'playback', heard, undefined, true],
    [hourMs, 'web:admin', 'user-link', 'c.frei', undefined, true],
    [9 * minuteMs, 'web:anna', 'note', heard, undefined, true],
  ];
  for (const [ago, actor, action, subject, detail, ok] of lines)
    await catalogue.addAudit({
      ...{ at: now - ago, actor, action, subject, detail, ok },
      ...{ group: subject === heard ? 'Buchhaltung' : undefined },
      address: actor.startsWith('cli') ? 'local' : '192.0.2.17',
    });
}

/** Of a day, up to what the disk here really has. */
async function addSamples(catalogue: SqliteCatalogue, folder: string): Promise<void> {
  const { blocks, bfree, bavail, bsize } = await statfs(folder);
  // Without what the file system keeps for itself, as everybody reckons.
  const totalBytes = (blocks - bfree + bavail) * bsize;
  const now = Date.now();
  for (let ago = dayMs; ago > 10 * minuteMs; ago -= 10 * minuteMs)
    await catalogue.addStorageSample({
      at: now - ago,
      totalBytes,
      freeBytes: bavail * bsize + (ago / dayMs) * 0.04 * totalBytes,
    });
}
