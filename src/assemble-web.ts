/** The console of a configuration: its server, and what that asks of the running program. */
import { join } from 'node:path';

import { announcementHandlers } from './assemble-web/announcements.ts';
import { oidcOf } from './assemble-oidc.ts';
import { AudioCopies } from './assemble-web/audio.ts';
import { configurationHandlers, draftOf, type ConfigurationFile } from './assemble-web/configuration.ts';
import { liveSourceOf, timeIn } from './assemble-web/live.ts';
import { metricsOf } from './assemble-web/metrics.ts';
import { operationHandlers } from './assemble-web/operations.ts';
import { overviewHandlers } from './assemble-web/overview.ts';
import { recordHandlers } from './assemble-web/records.ts';
import type { Running } from './assemble-web/running.ts';
import { listeningFolderOf } from './config/files.ts';
import type { Config } from './config/schema.ts';
import { SecretPlaces } from './config/secret-places.ts';
import { createLog } from './log.ts';
import { packageFolder } from './package-folder.ts';
import { ownVersion } from './version.ts';
import { notReady } from './web/failure.ts';
import { seesMachine } from './web/live.ts';
import { maySee } from './web/viewer.ts';
import type { EventHub } from './web/event-hub.ts';
import type { Handlers } from './web/handlers.ts';
import { WebServer, type Patience } from './web/server.ts';

/** The console beside the program, which may be made anew meanwhile. */
export interface Console {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Another configuration is in force, or one was not taken over. */
  reloaded(revision: string): void;
  /** Where it can be reached; only after `start`. */
  readonly url: string;
}

/** `running`: undefined while the program takes over a configuration. Undefined: no console is wanted. */
export function consoleOf(
  config: Config,
  file: ConfigurationFile,
  running: () => Running | undefined,
  patience?: Patience,
): Console | undefined {
  const { web } = config;
  if (!web) return undefined;
  const log = createLog(config.log);
  const now = (): Running => {
    const current = running();
    if (!current) throw notReady();
    return current;
  };
  const copies = new AudioCopies(now, listeningFolderOf(config));
  const time = (instant: number) => timeIn({ config: running()?.config ?? config })(instant);
  const settings = { host: web.host, port: web.port, tls: web.tls, proxies: web.proxies };
  const server: WebServer = new WebServer(
    { ...settings, openMetrics: web.open_metrics, oidc: oidcOf(web.oidc) },
    {
      ledger: () => now().catalogue,
      facts: () => factsOf(now().config),
      handlers: handlersOf(now, { file, copies, hub: () => server.hub }),
      live: () => liveSourceOf(now),
      metrics: () => metricsOf(now()),
      health: () => healthOf(running()),
      ...{ version: ownVersion(), time, now: Date.now, log, consoleFolder },
    },
    patience,
  );
  return {
    get url() {
      return server.url;
    },
    async start() {
      await server.start();
      await copies.start();
      log.info('the console listens', { url: server.url });
      const link = await server.welcomeLink();
      if (link !== undefined)
        log.warn('there is no administrator with a password yet: open this link once to become one', {
          link,
        });
    },
    async stop() {
      await server.stop();
      await copies.stop();
    },
    reloaded(revision) {
      server.hub.push('configuration', { revision, by: null }, seesMachine);
    },
  };
}

function handlersOf(
  running: () => Running,
  {
    file,
    copies,
    hub,
  }: { readonly file: ConfigurationFile; readonly copies: AudioCopies; readonly hub: () => EventHub },
): Handlers {
  const secrets = new SecretPlaces(file.path);
  return {
    ...overviewHandlers(running),
    ...recordHandlers(running, copies, (id, group) =>
      hub().push('record-changed', { id }, (viewer) => maySee(viewer, group)),
    ),
    ...operationHandlers(running, (draft) => draftOf(file.path, secrets, draft)),
    ...announcementHandlers(running, () => {
      file.reload();
      hub().push('announcements', {}, seesMachine);
    }),
    ...configurationHandlers(file, secrets, running, (revision, by) =>
      hub().push('configuration', { revision, by }, seesMachine),
    ),
  };
}

/** Where the build puts it. */
const consoleFolder = join(packageFolder, 'dist/console');

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
