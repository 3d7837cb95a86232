/** The buttons of the console. */
import { randomUUID } from 'node:crypto';

import { channelsOf } from '../assemble-alarms.ts';
import { targetsOf } from '../assemble-delivery.ts';
import { keyOf } from '../config/faults.ts';
import { explained } from '../delivery/explained.ts';
import { MitschnittError, messageOf } from '../errors.ts';
import type { AlarmNotice } from '../catalogue/catalogue.ts';
import type { Config } from '../config/schema.ts';
import type { Draft } from '../web/api/configuration.ts';
import type { ResponseOf } from '../web/api/routes.ts';
import { conflict, notDone, notFound } from '../web/failure.ts';
import type { Handlers } from '../web/handlers.ts';
import { selfTestJson, timeIn } from './live.ts';
import type { RunningSource } from './running.ts';

type OperationHandlers = Pick<
  Handlers,
  | 'POST /targets/:name/check'
  | 'POST /upload'
  | 'POST /retry'
  | 'POST /alarms/test'
  | 'GET /selftest'
  | 'POST /selftest'
  | 'GET /cleanup'
  | 'POST /cleanup'
>;

/** Checking a target writes, reads back and removes a small file. */
const checkMs = 30_000;
const testMs = 30_000;

/** `trial`: the configuration with changes that are not saved. */
export function operationHandlers(
  running: RunningSource,
  trial: (draft: Draft) => Promise<Config>,
): OperationHandlers {
  return { ...deliveryHandlers(running), ...testHandlers(running, trial), ...cleanupHandlers(running) };
}

function deliveryHandlers(running: RunningSource) {
  return {
    'POST /upload': async () => {
      const { uploader, reporting, catalogue } = running();
      // Not waited for: a backlog may take hours. It is seen at the targets.
      void uploader.runNow();
      reporting?.runNow();
      const backlog = await catalogue.backlog();
      return { pending: backlog.reduce((sum, { pending }) => sum + pending, 0) };
    },
    'POST /retry': async () => {
      const { uploader, reporting } = running();
      const reports = (await reporting?.retry(undefined)) ?? 0;
      return { retried: (await uploader.retry(undefined)) + reports };
    },
  } satisfies Partial<Handlers>;
}

async function timed(
  name: string,
  work: () => Promise<void>,
): Promise<ResponseOf<'POST /targets/:name/check'>> {
  const startedAt = Date.now();
  try {
    await work();
    return { ok: true, ms: Date.now() - startedAt, problem: null };
  } catch (error) {
    const { code, message, hint, fault } = error instanceof MitschnittError ? error : explained(error, name);
    return { ok: false, ms: Date.now() - startedAt, problem: { code, message, hint, fault } };
  }
}

/** How the audit log tells a test of what is not saved. */
function unsaved({ changes }: Draft): string {
  return `with changes that are not saved: ${changes.map(({ at }) => keyOf(at)).join(', ')}`;
}

function testHandlers(running: RunningSource, trial: (draft: Draft) => Promise<Config>) {
  return {
    'POST /targets/:name/check': async ({ params, body, audit }) => {
      if (body.draft) audit({ detail: unsaved(body.draft) });
      const { config, uploader } = running();
      const found = targetsOf(body.draft ? await trial(body.draft) : config).find(
        ({ name }) => name === params.name,
      );
      if (!found) throw notFound();
      const target = found.create();
      const result = await timed(params.name, () => target.check(AbortSignal.timeout(checkMs)));
      await target.close().catch(() => undefined);
      // What waits for the end of its rest waits no longer.
      if (result.ok && !body.draft) uploader.recovered(params.name);
      return result;
    },
    'POST /alarms/test': async ({ viewer, body, audit }) => {
      audit({ subject: body.channel, ...(body.draft ? { detail: unsaved(body.draft) } : {}) });
      const config = body.draft ? await trial(body.draft) : running().config;
      const channel = channelsOf(config).find(({ name }) => name === body.channel);
      if (!channel)
        throw notDone(`alarms.${body.channel} is not set`, 'Set it, save, and try again.', 'channel-not-set');
      const sentAt = Date.now();
      const notice = testNotice(viewer.name, config.alarms.language, sentAt);
      const message = { id: randomUUID(), sentAt, items: [{ state: 'raised' as const, notice }] };
      try {
        return await timed(body.channel, () => channel.send(message, AbortSignal.timeout(testMs)));
      } finally {
        channel.close();
      }
    },
    'GET /selftest': () => Promise.resolve(selfTestJson(running().selfTest.state, timeIn(running()))),
    'POST /selftest': () => {
      running().selfTest.begin();
      return Promise.resolve(selfTestJson(running().selfTest.state, timeIn(running())));
    },
  } satisfies Partial<Handlers>;
}

/** A message that looks like an alarm and says that it is none. */
function testNotice(who: string, language: 'de' | 'en', at: number): AlarmNotice {
  const words =
    language === 'de'
      ? { problem: 'Dies ist nur eine Probe: es ist nichts gestört.', hint: 'Es ist nichts zu tun.' }
      : { problem: 'This is a test only: nothing is wrong.', hint: 'Nothing is to be done.' };
  const facts = { kind: language === 'de' ? 'Probe' : 'test', subject: who, fault: 'configuration' as const };
  const times = { since: at, begunAt: at, endedAt: undefined, toldAt: undefined };
  return { ...facts, ...words, ...times, times: 1, reminders: 0 };
}

function cleanupHandlers(running: RunningSource) {
  return {
    'GET /cleanup': () => {
      const { liveCalls, running: recordings } = running().cleaning.preview();
      return Promise.resolve({ live_calls: liveCalls, running: recordings });
    },
    'POST /cleanup': async ({ viewer, body, audit }) => {
      audit({ subject: body.mode });
      const { cleaning } = running();
      const { liveCalls } = cleaning.preview();
      if (body.mode === 'all' && body.live_calls !== liveCalls)
        throw conflict(
          `there are ${liveCalls} live calls by now`,
          'Look at them, and confirm again.',
          'live-calls-changed',
        );
      const answer = await cleaning
        .run({ mode: body.mode, actor: viewer.actor })
        .catch((error: unknown) => ({ problem: messageOf(error) }));
      if ('problem' in answer) throw notDone(answer.problem, '', 'cleanup-not-done');
      const time = timeIn(running());
      const { mode, ended, moved, orphans, discarded, recordings, left } = answer;
      return {
        ...{ mode, live_calls: answer.liveCalls, ended, moved, orphans, discarded, left: [...left] },
        recordings: recordings.map(({ id, callId, from, to, startedAt, why, became }) => ({
          ...{ id, call_id: callId, from, to, start: time(startedAt), why, became },
        })),
      };
    },
  } satisfies Partial<Handlers>;
}
