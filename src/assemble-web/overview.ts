/** What happens now and lately, as the API has it. */
import { liveTalks } from '../controls.ts';
import { hasAccount } from '../config/reconciliation.ts';
import { dayOf } from '../recording/local-time.ts';
import { completenessOf } from '../reconciliation/completeness.ts';
import type { Interval } from '../catalogue/account-ledger.ts';
import type { HourCount } from '../catalogue/console-ledger.ts';
import type { ResponseOf } from '../web/api/routes.ts';
import { ApiFailure, notDone, notReady } from '../web/failure.ts';
import { alarmsFor, callsFor, seesMachine } from '../web/live.ts';
import { groupsFor } from '../web/viewer.ts';
import type { Handler, Handlers } from '../web/handlers.ts';
import { instantOf } from '../web/people.ts';
import { ownVersion } from '../version.ts';
import { alarmsOf, asteriskOf, callJson, callsOf, maybe, storageOf, targetsOf, timeIn } from './live.ts';
import type { Running, RunningSource } from './running.ts';
import { KeptAnswers, Turns } from './turns.ts';

type OverviewHandlers = Pick<
  Handlers,
  | 'GET /overview'
  | 'GET /calls'
  | 'POST /calls/:id/control'
  | 'GET /outcomes'
  | 'GET /reasons'
  | 'GET /completeness'
  | 'GET /storage'
  | 'GET /gate'
  | 'GET /targets'
  | 'GET /targets/:name/history'
>;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const longestOutcomesMs = 62 * dayMs;
const longestCompletenessMs = 31 * dayMs;

type Outcomes = ResponseOf<'GET /outcomes'>;

export function overviewHandlers(running: RunningSource): OverviewHandlers {
  return { ...nowHandlers(running), ...latelyHandlers(running) };
}

function nowHandlers(running: RunningSource) {
  return {
    'GET /overview': async ({ viewer, language }) => {
      const now = running();
      const time = timeIn(now);
      const today = dayOf(Date.now(), now.config.pbx.timezone);
      const isForAll = seesMachine(viewer);
      const { last } = now.selfTest;
      const failed = last?.steps.find(({ problem }) => problem)?.problem?.message;
      return {
        ...{ version: ownVersion(), started: time(now.startedAt.getTime()), now: time(Date.now()) },
        asterisk: asteriskOf(now),
        calls: callsFor(viewer, [...callsOf(now)]),
        today: await outcomesOf(now, today, viewer.groups),
        storage: isForAll ? await storageOf(now) : null,
        targets: isForAll ? [...(await targetsOf(now))] : null,
        alarms: alarmsFor(viewer, alarmsOf(now, language)),
        selftest: isForAll && last ? { at: time(last.at), ok: last.ok, problem: failed ?? null } : null,
      };
    },
    'GET /calls': ({ viewer }) => Promise.resolve({ calls: callsFor(viewer, callsOf(running())) }),
    'POST /calls/:id/control': controlOf(running),
    'GET /targets': async () => ({ targets: [...(await targetsOf(running()))] }),
    'GET /gate': () => {
      const time = timeIn(running());
      const hours = running().recorder()?.gateTimes.byHour(Date.now()) ?? [];
      return Promise.resolve({
        hours: hours.map(({ hour, calls, medianMs, p99Ms }) => ({
          ...{ start: time(hour), calls, median_ms: medianMs, p99_ms: p99Ms },
        })),
      });
    },
    'GET /storage': async ({ query }) => {
      const time = timeIn(running());
      const samples = await running().catalogue.storageSamples(Date.now() - query.hours * hourMs);
      const step = Math.max(1, Math.ceil(samples.length / mostSamples));
      return {
        now: await storageOf(running()),
        samples: samples
          .filter((_, index) => index % step === 0 || index === samples.length - 1)
          .map(({ at, freeBytes, totalBytes }) => ({
            at: time(at),
            free_bytes: freeBytes,
            total_bytes: totalBytes,
          })),
      };
    },
  } satisfies Partial<Handlers>;
}

function controlOf(running: RunningSource): Handler<'POST /calls/:id/control'> {
  return async ({ viewer, params, body, audit }) => {
    const recorder = running().recorder();
    const call = callsOf(running()).find(({ id }) => id === params.id);
    audit({ detail: body.control, ...(call?.group ? { group: call.group } : {}) });
    const { control } = body;
    const answer = await recorder?.control({ id: params.id, control, actor: viewer.actor });
    if (!answer) throw notReady();
    if (answer.problem !== undefined)
      throw notDone(answer.problem, '', answer.talk ? 'control-not-done' : 'talk-over');
    const after = answer.talk ?? liveTalks(recorder?.liveCalls ?? []).find(({ id }) => id === params.id);
    if (!after) throw notDone('the talk is over', '', 'talk-over');
    return { call: callJson(after, timeIn(running())) };
  };
}

const mostSamples = 500;

/** The page asks again some seconds after a call ended: later than this. */
const statementKeptMs = 3_000;
/** A statement reads all lines of its span, in the thread of the calls. */
const statementTurns = { atOnce: 1, waiting: 4, each: 2 };

function latelyHandlers(running: RunningSource) {
  const turns = new Turns(statementTurns);
  const statements = new KeptAnswers<ResponseOf<'GET /completeness'>>(statementKeptMs, turns);
  return {
    'GET /outcomes': ({ viewer, query }) => {
      const span = spanOf(running(), query, longestOutcomesMs);
      return outcomesOf(running(), span, groupsFor(viewer, query.group));
    },
    'GET /reasons': async ({ viewer, query }) => {
      const time = timeIn(running());
      const { from, to } = spanOf(running(), query, longestOutcomesMs);
      const groups = groupsFor(viewer, query.group);
      const found = await running().catalogue.reasons({ from, to, groups });
      const reasons = found.map(({ outcome, rule, group, lines, last }) => ({
        ...{ outcome, rule, group, calls: lines, last: time(last) },
      }));
      return { from: time(from), to: time(to), reasons };
    },
    'GET /completeness': ({ viewer, query }) => {
      const span = spanOf(running(), query, longestCompletenessMs);
      const what = JSON.stringify([span.from, span.to, viewer.groups]);
      return statements.of(what, viewer, () => statementOf(running(), span, viewer.groups));
    },
    'GET /targets/:name/history': async ({ params, query }) => {
      const time = timeIn(running());
      const from = Date.now() - query.hours * hourMs;
      const hours = await running().catalogue.deliveriesByHour(params.name, from);
      return {
        hours: hours.map(({ hour, delivered, deliveredBytes, failed, queued }) => ({
          ...{ start: time(hour), delivered, delivered_bytes: deliveredBytes, failed, queued },
        })),
      };
    },
  } satisfies Partial<Handlers>;
}

/** Without: today on the clock of the PBX. */
function spanOf(
  { config }: Running,
  given: { readonly from?: string | undefined; readonly to?: string | undefined },
  longestMs: number,
): Interval {
  const today = dayOf(Date.now(), config.pbx.timezone);
  const to = instantOf(given.to) ?? today.to;
  const from = instantOf(given.from) ?? (given.to === undefined ? today.from : to - dayMs);
  if (from < to && to - from <= longestMs) return { from, to };
  const message = `query: from one time to a later one, at most ${longestMs / dayMs} days`;
  throw new ApiFailure(400, 'invalid-request', message, '', { details: [{ path: 'from', message }] });
}

async function outcomesOf(
  running: Running,
  { from, to }: Interval,
  groups: readonly string[] | undefined,
): Promise<Outcomes> {
  const time = timeIn(running);
  // Hours as the clock of the PBX shows them, where that is half an hour beside UTC.
  const counts = await running.catalogue.outcomesByHour({ from, to, groups }, from % hourMs);
  const totals: Outcomes['totals'] = {};
  for (const { outcome, lines } of counts) totals[outcome] = (totals[outcome] ?? 0) + lines;
  const hours = [...Map.groupBy(counts, ({ hour }) => hour)].map(([hour, own]) => ({
    start: time(hour),
    counts: countsOf(own),
  }));
  return { from: time(from), to: time(to), hours, totals };
}

function countsOf(counts: readonly HourCount[]): Outcomes['totals'] {
  return Object.fromEntries(counts.map(({ outcome, lines }) => [outcome, lines]));
}

async function statementOf(
  running: Running,
  period: Interval,
  groups: readonly string[] | undefined,
): Promise<ResponseOf<'GET /completeness'>> {
  const { catalogue, config } = running;
  const time = timeIn(running);
  const isSeen = ({ group }: { readonly group: string }) => groups?.includes(group) ?? true;
  const own = {
    accountProgress: () => catalogue.accountProgress(),
    unwatched: (interval: Interval) => catalogue.unwatched(interval),
    accountHoles: (interval: Interval) => catalogue.accountHoles(interval),
    accounted: async (interval: Interval) => (await catalogue.accounted(interval)).filter(isSeen),
    records: async function* (interval: Interval) {
      for await (const record of catalogue.records(interval)) if (isSeen(record)) yield record;
    },
  };
  const withAccount = hasAccount(config.reconciliation);
  const statement = await completenessOf(period, {
    ...{ catalogue: own, hasAccount: withAccount, now: Date.now(), unwatchedNow: running.unwatchedNow() },
  });
  const { toRecord, recorded, recordedInPart, notRecorded, gaps, unwatched } = statement;
  return {
    ...{ from: time(statement.from), to: time(statement.to), complete: statement.complete },
    ...{ to_record: toRecord, recorded, recorded_in_part: recordedInPart, has_account: withAccount },
    not_recorded: Object.values(notRecorded).reduce((sum, count) => sum + count, 0),
    gaps: gaps.map(({ name, startedAt, endedAt, group, direction, from, to, record }) => ({
      ...{ name, start: time(startedAt), end: maybe(time, endedAt), group, from, to },
      ...{ direction: direction ?? null, id: record ?? null },
    })),
    unwatched: unwatched.map(({ from, to, reason }) => ({ from: time(from), to: maybe(time, to), reason })),
  };
}
