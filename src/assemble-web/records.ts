/** Recordings, and calls that were not recorded, as the API has them. */
import { stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';

import { sourcesOf } from '../assemble-copies.ts';
import { explained } from '../delivery/explained.ts';
import { PeakMeter } from '../recording/peaks.ts';
import { parseWavHeader, wavHeaderBytes } from '../recording/wav.ts';
import { deliveryJson, recordFacts } from '../report/record-json.ts';
import type { FoundLine, LinePosition, LineSearch, Note } from '../catalogue/console-ledger.ts';
import type { ListedRecord, RecordingWithDeliveries } from '../catalogue/catalogue.ts';
import type { Hold } from '../catalogue/retention-ledger.ts';
import type { Outcome } from '../call/call.ts';
import { ApiFailure, conflict, notDone, notFound } from '../web/failure.ts';
import { groupsFor, type Viewer } from '../web/viewer.ts';
import type { Handlers } from '../web/handlers.ts';
import { instantOf } from '../web/people.ts';
import type { RecordsQuery, RecordDetail, RecordLine } from '../web/api/recordings.ts';
import type { ResponseOf } from '../web/api/routes.ts';
import { audioOf, recordingOf, type AudioCopies } from './audio.ts';
import { timeIn } from './live.ts';
import type { OpenAudio } from './open-audio.ts';
import type { Running, RunningSource } from './running.ts';
import { KeptAnswers, Turns } from './turns.ts';

type Time = (instant: number) => string;
type Drawing = ResponseOf<'GET /records/:id/peaks'>;

const outcomesNotRecorded: readonly Outcome[] = [
  ...(['declined', 'not-agreed', 'not-announced', 'announcement-failed', 'excepted'] as const),
  ...(['direction-off', 'not-answered', 'too-short', 'start-failed', 'disk-full', 'lost'] as const),
];

type RecordHandlers = Pick<
  Handlers,
  | 'GET /records'
  | 'GET /records/:id'
  | 'GET /records/:id/audio'
  | 'GET /records/:id/peaks'
  | 'POST /records/:id/notes'
  | 'DELETE /records/:id/notes/:note'
  | 'PUT /records/:id/hold'
  | 'DELETE /records/:id/hold'
  | 'POST /records/:id/retry'
  | 'POST /records/:id/verify'
>;

/** `changed`: something about a line is another than before. */
export function recordHandlers(
  running: RunningSource,
  copies: AudioCopies,
  changed: (id: string, group: string) => void,
): RecordHandlers {
  return {
    ...listHandlers(running, copies),
    ...noteHandlers(running, changed),
    ...holdHandlers(running, changed),
    'POST /records/:id/retry': async ({ params }) => ({ retried: await running().uploader.retry(params.id) }),
    'POST /records/:id/verify': async ({ params, audit }) => {
      const copiesFound = await verify(running(), await recordingOf(running, params.id));
      audit({ detail: copiesFound.map(({ place, result }) => `${place} ${result}`).join(', ') });
      return { copies: copiesFound };
    },
  };
}

/** Those who look at a recording for the first time at once have it drawn once; then the catalogue has it. */
const drawingKeptMs = 1_000;
const drawingTurns = { atOnce: 1, waiting: 12, each: 4 };

function listHandlers(running: RunningSource, copies: AudioCopies) {
  const turns = new Turns(drawingTurns);
  const drawings = new KeptAnswers<Drawing>(drawingKeptMs, turns);
  return {
    'GET /records': async ({ viewer, query }) => {
      const { catalogue } = running();
      const time = timeIn(running());
      const { lines, next } = await catalogue.search(searchOf(query, viewer));
      return { records: lines.map((line) => lineJson(line, time)), next: next ? cursorOf(next) : null };
    },
    'GET /records/:id': ({ viewer, params }) => detailOf(running(), viewer, params.id),
    'GET /records/:id/audio': async ({ viewer, params }) =>
      audioOf(copies, viewer, await recordingOf(running, params.id)),
    'GET /records/:id/peaks': async ({ viewer, params }) => {
      const wanted = await recordingOf(running, params.id);
      const { catalogue } = running();
      const kept = await catalogue.peaks(params.id);
      if (kept !== undefined) return JSON.parse(kept) as Drawing;
      return await drawings.of(params.id, viewer, async () => {
        const made = await peaksOf(await copies.of(wanted, viewer));
        await catalogue.savePeaks(params.id, JSON.stringify(made));
        return made;
      });
    },
  } satisfies Partial<Handlers>;
}

function searchOf(query: RecordsQuery, viewer: Viewer): LineSearch {
  const { from, to, number, text, group, direction, outcome, recorded, rule, delivery, held, limit, after } =
    query;
  const wanted =
    recorded === undefined ? undefined : recorded === 'true' ? (['recorded'] as const) : outcomesNotRecorded;
  const outcomes = outcome && wanted ? outcome.filter((each) => wanted.includes(each)) : (outcome ?? wanted);
  return {
    ...{ from: instantOf(from), to: instantOf(to), number, text, direction, outcomes, rule, delivery, limit },
    held: held === undefined ? undefined : true,
    groups: groupsFor(viewer, group),
    after: after === undefined ? undefined : positionOf(after),
  };
}

function cursorOf({ startedAt, seq }: LinePosition): string {
  return `${startedAt}.${seq}`;
}

function positionOf(cursor: string): LinePosition {
  const [, startedAt, seq] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (startedAt === undefined || seq === undefined)
    throw new ApiFailure(400, 'invalid-request', 'query after: is none that was given');
  return { startedAt: Number(startedAt), seq: Number(seq) };
}

function lineJson(line: FoundLine, time: Time): RecordLine {
  const {
    id,
    callId,
    group,
    direction,
    from,
    to,
    fromName,
    startedAt,
    talkMs,
    verdict,
    file,
    delivery,
    held,
    notes,
  } = line;
  return {
    ...{ id, call_id: callId, group, direction, from, to, start: time(startedAt), talk_ms: talkMs },
    from_name: fromName ?? null,
    ...{ outcome: verdict.outcome, rule: verdict.rule, file: file ?? null },
    ...{ delivery: delivery ?? null, held, notes },
  };
}

/** The line with its call. */
async function lineOf({ catalogue }: Running, id: string): Promise<ListedRecord> {
  const group = await catalogue.groupOfRecord(id);
  const line = group === undefined ? undefined : await catalogue.lineOf({ id, callId: '' });
  if (line === undefined || line === 'open') throw notFound();
  return line;
}

async function detailOf(running: Running, { groups }: Viewer, id: string): Promise<RecordDetail> {
  const { catalogue, config } = running;
  const line = await lineOf(running, id);
  const { timezone } = config.pbx;
  const [notes, tries, [wanted], held] = await Promise.all([
    catalogue.notes(id),
    catalogue.tries(id),
    catalogue.recordingsOf(id),
    holdOf(running, line),
  ]);
  const time = timeIn(running);
  // What other groups said and heard in the same call is theirs.
  const isSeen = ({ group }: { readonly group: string }) => groups?.includes(group) ?? true;
  const facts = recordFacts({ ...line, hold: held }, timezone);
  const deliveries = line.deliveries.map((delivery) => ({
    ...deliveryJson(delivery, timezone),
    tries: tries
      .filter(({ target }) => target === delivery.target)
      .map(({ at, ok, problem }) => ({ at: time(at), ok, problem: problem ?? null })),
  }));
  return {
    ...{ ...facts, start: time(line.startedAt) },
    media: facts.media && {
      ...facts.media,
      silent_sides: facts.media.silent_sides && [...facts.media.silent_sides],
      findings: [...facts.media.findings],
    },
    consents: facts.consents.filter(isSeen),
    segments: facts.segments.filter(isSeen),
    ...{ delivery: stateOf(deliveries), held: held !== undefined, notes: notes.length },
    hold: held ? holdJson(held, time) : null,
    deliveries,
    notes_list: notes.map((note) => noteJson(note, time)),
    audio: wanted?.recording.id === id ? await placeOf(running, wanted) : 'none',
  };
}

function stateOf(deliveries: readonly { readonly state: 'pending' | 'delivered' | 'set-aside' }[]) {
  const states = deliveries.map(({ state }) => state);
  if (states.length === 0) return null;
  return states.includes('set-aside') ? 'set-aside' : states.includes('pending') ? 'pending' : 'delivered';
}

async function placeOf(
  { spool }: Running,
  { recording, deliveries }: RecordingWithDeliveries,
): Promise<RecordDetail['audio']> {
  const isHere = await stat(spool.transferFile(recording.id)).then(
    () => true,
    () => false,
  );
  if (isHere) return 'local';
  const isThere = deliveries.some(({ state, removedAt }) => state === 'delivered' && removedAt === undefined);
  return isThere ? 'remote' : 'none';
}

function noteHandlers(running: RunningSource, changed: (id: string, group: string) => void) {
  return {
    'POST /records/:id/notes': async ({ viewer, params, body }) => {
      const { catalogue } = running();
      const group = await catalogue.groupOfRecord(params.id);
      if (group === undefined) throw notFound();
      const at = Date.now();
      const note = await catalogue.addNote({ record: params.id, at, actor: viewer.actor, text: body.text });
      changed(params.id, group);
      return noteJson(note, timeIn(running()));
    },
    'DELETE /records/:id/notes/:note': async ({ viewer, params }) => {
      const { catalogue } = running();
      const note = (await catalogue.notes(params.id)).find(({ id }) => id === params.note);
      if (!note) throw notFound();
      if (note.actor !== viewer.actor && viewer.role !== 'administrator')
        throw new ApiFailure(403, 'not-allowed', 'this note is somebody else’s');
      await catalogue.removeNote(note.id);
      changed(params.id, (await catalogue.groupOfRecord(params.id)) ?? '');
      return { ok: true };
    },
  } satisfies Partial<Handlers>;
}

function noteJson({ id, at, actor, text }: Note, time: Time) {
  return { id, at: time(at), by: actor, text };
}

function holdHandlers(running: RunningSource, changed: (id: string, group: string) => void) {
  return {
    'PUT /records/:id/hold': async ({ viewer, params, body }) => {
      const { catalogue } = running();
      const group = await catalogue.groupOfRecord(params.id);
      if (group === undefined) throw notFound();
      const reason = body.reason === '' ? undefined : body.reason;
      const placed = { subject: params.id, kind: 'id', at: Date.now(), actor: viewer.actor, reason } as const;
      await catalogue.placeHold(placed);
      changed(params.id, group);
      const held = await holdOf(running(), await lineOf(running(), params.id));
      return holdJson(held ?? placed, timeIn(running()));
    },
    'DELETE /records/:id/hold': async ({ viewer, params }) => {
      const { catalogue } = running();
      const line = await lineOf(running(), params.id);
      // Its own one only: what is on a number or a call is on others too, of which this page says nothing.
      const own = await catalogue.releaseHold({
        subject: line.id,
        kind: 'id',
        at: Date.now(),
        actor: viewer.actor,
      });
      if (!own) {
        const held = await holdOf(running(), line);
        if (!held) throw conflict('it is not on hold');
        const words = `the hold is not on this recording but on ${held.subject}, and on all else of it`;
        throw conflict(words, `Release it by: mitschnitt release ${held.subject}`, 'hold-on-more');
      }
      changed(params.id, (await catalogue.groupOfRecord(params.id)) ?? '');
      return { ok: true };
    },
  } satisfies Partial<Handlers>;
}

/** By its own id, which can be ended here; else by its call's, or a number's. */
async function holdOf({ catalogue }: Running, line: ListedRecord): Promise<Hold | undefined> {
  const own = await catalogue.holdOn({ ids: [line.id], numbers: [] });
  return own ?? (await catalogue.holdOn({ ids: [line.id, line.callId], numbers: [line.from, line.to] }));
}

function holdJson({ subject, kind, at, actor, reason }: Hold, time: Time) {
  return { on: subject, kind, since: time(at), by: actor, reason: reason ?? null };
}

/** Every place that should have it, each asked for all of it. */
async function verify(
  { config }: Running,
  wanted: RecordingWithDeliveries,
): Promise<ResponseOf<'POST /records/:id/verify'>['copies']> {
  const results: ResponseOf<'POST /records/:id/verify'>['copies'] = [];
  for (const { name, pieces, close } of await sourcesOf(wanted, config)) {
    try {
      const hash = createHash('sha256');
      for await (const piece of pieces(AbortSignal.timeout(verifyMs))) hash.update(piece);
      const result = hash.digest('hex') === wanted.recording.sha256 ? 'intact' : 'altered';
      results.push({ place: name, result, problem: null, code: null, hint: null });
    } catch (error) {
      const { code, message, hint } = explained(error, name);
      results.push({
        place: name,
        result: code === 'file-missing' ? 'missing' : 'unreachable',
        ...{ problem: message, code, hint },
      });
    } finally {
      await close?.().catch(() => undefined);
    }
  }
  return results;
}

const verifyMs = 120_000;
const bytesPerSample = 2;

async function peaksOf(audio: OpenAudio): Promise<Drawing> {
  const { bytes: size } = audio;
  const header = parseWavHeader(await headOf(audio));
  if (!header) throw notDone('the recording is no WAV file', '', 'no-audio-file');
  const { channels, sampleRate } = header;
  const frames = Math.floor((size - wavHeaderBytes) / (bytesPerSample * channels));
  const meter = new PeakMeter(sampleRate, channels, frames);
  const end = wavHeaderBytes + frames * channels * bytesPerSample - 1;
  if (frames > 0)
    // In pieces of whole frames, but where the file became shorter.
    for await (const piece of audio.read(wavHeaderBytes, end)) {
      // Samples begin at even places of their memory.
      const copy = new Uint8Array(piece as Buffer);
      meter.add(new Int16Array(copy.buffer, 0, Math.floor(copy.length / bytesPerSample)));
    }
  const { channels: peaks, silences } = meter.finish();
  const names = channels === 1 ? (['both'] as const) : (['member', 'other'] as const);
  return {
    duration_ms: Math.round((frames * 1_000) / sampleRate),
    sample_rate: sampleRate,
    sides: peaks.flatMap((values, index) => {
      const side = names[index];
      return side ? [{ side, peaks: [...values] }] : [];
    }),
    silences: silences.map(({ fromMs, toMs }) => ({ from_ms: fromMs, to_ms: toMs })),
  };
}

async function headOf(audio: OpenAudio): Promise<Uint8Array> {
  if (audio.bytes < wavHeaderBytes) return new Uint8Array();
  return Buffer.concat(await audio.read(0, wavHeaderBytes - 1).toArray());
}
