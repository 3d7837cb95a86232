/** The console of a configuration: its server, and what that asks of the running program. */
import { fileURLToPath } from 'node:url';

import { announcementHandlers } from './assemble-web/announcements.ts';
import { AudioCopies } from './assemble-web/audio.ts';
import { configurationHandlers, type ConfigurationFile } from './assemble-web/configuration.ts';
import { liveSourceOf, timeIn } from './assemble-web/live.ts';
import { metricsOf } from './assemble-web/metrics.ts';
import { operationHandlers } from './assemble-web/operations.ts';
import { overviewHandlers } from './assemble-web/overview.ts';
import { recordHandlers } from './assemble-web/records.ts';
import type { Running } from './assemble-web/running.ts';
import type { Config } from './config/schema.ts';
import { createLog } from './log.ts';
import { ownVersion } from './version.ts';
import { notReady } from './web/failure.ts';
import { maySee } from './web/viewer.ts';
import { WebServer } from './web/server.ts';

/** The console beside the program, which may be made anew meanwhile. */
export interface Console {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Another configuration is in force. */
  reloaded(revision: string): void;
  /** Where it can be reached; only after `start`. */
  readonly url: string;
}

/** `running`: undefined while the program takes over a configuration. Undefined: no console is wanted. */
export function consoleOf(
  config: Config,
  file: ConfigurationFile,
  running: () => Running | undefined,
): Console | undefined {
  const { web } = config;
  if (!web) return undefined;
  const log = createLog(config.log);
  const now = (): Running => {
    const current = running();
    if (!current) throw notReady();
    return current;
  };
  const copies = new AudioCopies(now);
  const time = (instant: number) => timeIn({ config: running()?.config ?? config })(instant);
  const settings = { host: web.host, port: web.port, tls: web.tls, proxies: web.proxies };
  const server: WebServer = new WebServer(
    { ...settings, openMetrics: web.open_metrics },
    {
      ledger: () => now().catalogue,
      facts: () => factsOf(now().config),
      handlers: {
        ...overviewHandlers(now),
        ...recordHandlers(now, copies, (id, group) =>
          server.hub.push('record-changed', { id }, (viewer) => maySee(viewer, group)),
        ),
        ...operationHandlers(now),
        ...announcementHandlers(now, () => {
          file.reload();
          server.hub.push('announcements', {}, ({ role }) => role !== 'supervisor');
        }),
        ...configurationHandlers(file, now, (revision, by) =>
          server.hub.push('configuration', { revision, by }, ({ role }) => role !== 'supervisor'),
        ),
      },
      live: () => liveSourceOf(now),
      metrics: () => metricsOf(now()),
      health: () => healthOf(running()),
      ...{ version: ownVersion(), time, now: Date.now, log, consoleFolder },
    },
  );
  return {
    get url() {
      return server.url;
    },
    async start() {
      await server.start();
      copies.start();
      log.info('the console listens', { url: server.url });
      const link = await server.welcomeLink();
      if (link !== undefined)
        log.warn('there is no user yet: open this link once to become administrator', { link });
    },
    async stop() {
      await server.stop();
      await copies.stop();
    },
    reloaded(revision) {
      server.hub.push('configuration', { revision, by: null }, ({ role }) => role !== 'supervisor');
    },
  };
}

/** Where the build puts it. */
const consoleFolder = fileURLToPath(new URL('../dist/console', import.meta.url));

function factsOf(config: Config) {
  return {
    version: ownVersion(),
    timeZone: config.pbx.timezone,
    groups: config.groups.map(({ name }) => name),
    targets: Object.keys(config.targets),
  };
}

function healthOf(running: Running | undefined) {
  const { ari = false, ami = false } = running?.recorder()?.connectionState ?? {};
  const status = running ? (ari && ami ? 'recording' : 'asterisk-disconnected') : 'starting';
  return { ok: status === 'recording', status };
}
