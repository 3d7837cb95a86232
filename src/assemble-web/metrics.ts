/** What Prometheus is told. Names by its conventions: base units, `_total` for what only grows. */
import { liveTalks } from '../controls.ts';
import { ownVersion } from '../version.ts';
import type { Metric } from '../web/metrics-text.ts';
import { storageOf, targetsOf } from './live.ts';
import type { Running } from './running.ts';

const msPerSecond = 1_000;

export async function metricsOf(running: Running): Promise<readonly Metric[]> {
  const { alarms, catalogue, recorder, reconciler, startedAt } = running;
  const { ari = false, ami = false } = recorder()?.connectionState ?? {};
  const talks = Map.groupBy(liveTalks(recorder()?.liveCalls ?? []), ({ state }) => state);
  return [
    gauge('mitschnitt_info', 'Version of Mitschnitt.', [{ labels: { version: ownVersion() }, value: 1 }]),
    gauge('mitschnitt_start_time_seconds', 'When the process started, since 1970.', [
      { value: startedAt.getTime() / msPerSecond },
    ]),
    gauge('mitschnitt_asterisk_connected', 'Whether the connection to Asterisk stands.', [
      { labels: { interface: 'ari' }, value: Number(ari) },
      { labels: { interface: 'ami' }, value: Number(ami) },
    ]),
    gauge(
      'mitschnitt_live_calls',
      'Calls of members that go on now, by state.',
      [...talks].map(([state, own]) => ({ labels: { state }, value: own.length })),
    ),
    counter('mitschnitt_lines_total', 'Talks, and calls without any, that were ever closed.', [
      { value: await catalogue.lastSeq() },
    ]),
    gauge(
      'mitschnitt_alarms',
      'Alarms that stand, by kind.',
      [...Map.groupBy(alarms.standing, ({ kind }) => kind)].map(([kind, own]) => ({
        labels: { kind },
        value: own.length,
      })),
    ),
    gauge('mitschnitt_reconciliation_gaps', 'Calls that are missing, found since the start.', [
      { value: reconciler.latest.gaps },
    ]),
    ...(await storageMetrics(running)),
    ...(await targetMetrics(running)),
    gauge('process_resident_memory_bytes', 'Memory of the process.', [{ value: process.memoryUsage.rss() }]),
    counter('process_cpu_seconds_total', 'Processor time of the process.', [
      { value: (process.cpuUsage().user + process.cpuUsage().system) / microsecondsPerSecond },
    ]),
  ];
}

const microsecondsPerSecond = 1e6;

async function storageMetrics(running: Running): Promise<readonly Metric[]> {
  const now = await storageOf(running);
  const folders = ['active', 'transfer'] as const;
  return [
    gauge(
      'mitschnitt_spool_files',
      'Files in the spool.',
      folders.map((folder) => ({ labels: { folder }, value: now[`${folder}_files`] })),
    ),
    gauge(
      'mitschnitt_spool_bytes',
      'Bytes in the spool.',
      folders.map((folder) => ({ labels: { folder }, value: now[`${folder}_bytes`] })),
    ),
    gauge('mitschnitt_disk_free_bytes', 'Free on the disk of the spool.', [{ value: now.free_bytes }]),
    gauge('mitschnitt_disk_used_ratio', 'Of the disk of the spool, from 0 to 1.', [
      { value: now.used ?? Number.NaN },
    ]),
  ];
}

async function targetMetrics(running: Running): Promise<readonly Metric[]> {
  const targets = await targetsOf(running);
  const of = (value: (target: (typeof targets)[number]) => number) =>
    targets.map((target) => ({ labels: { target: target.name }, value: value(target) }));
  const checked = targets.filter(({ check }) => check);
  return [
    gauge(
      'mitschnitt_deliveries_pending',
      'Recordings that wait for a target.',
      of(({ pending }) => pending),
    ),
    gauge(
      'mitschnitt_deliveries_pending_bytes',
      'Their size.',
      of(({ pending_bytes }) => pending_bytes),
    ),
    gauge(
      'mitschnitt_deliveries_set_aside',
      'Recordings that no retry can deliver.',
      of((t) => t.set_aside),
    ),
    counter(
      'mitschnitt_deliveries_total',
      'Recordings that a target has got.',
      of((t) => t.delivered),
    ),
    gauge(
      'mitschnitt_delivery_bytes_per_second',
      'Rate of delivery now.',
      of((t) => t.bytes_per_second ?? 0),
    ),
    gauge(
      'mitschnitt_target_up',
      'Whether the last connection check of a target found nothing in the way.',
      checked.map(({ name, check }) => ({ labels: { target: name }, value: Number(check?.ok ?? false) })),
    ),
    gauge(
      'mitschnitt_target_check_duration_seconds',
      'How long the last connection check took.',
      checked.map(({ name, check }) => ({
        labels: { target: name },
        value: (check?.ms ?? 0) / msPerSecond,
      })),
    ),
  ];
}

function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, help, type: 'counter', samples };
}
