import type { EventData, EventName } from './api/events.ts';
import { alarmsFor, callFor, seesMachine, type LiveSource } from './live.ts';
import type { Log } from '../log.ts';
import { maySee, type Viewer } from './viewer.ts';
import { errorFields } from '../log.ts';

/** Where a client's events go. */
export interface EventSink {
  /** False: the client does not read. */
  write(text: string): boolean;
  end(): void;
}

interface Client {
  readonly viewer: Viewer;
  readonly language: 'de' | 'en';
  readonly sink: EventSink;
  /** The last text of each thing that it was told. */
  readonly known: Map<string, string>;
}

/** Something that clients are told when it is another than before. */
interface Item {
  readonly key: string;
  readonly event: EventName;
  readonly textFor: (client: Client) => string | undefined;
}

export interface EventHubParts {
  /** Throws while the program takes over a configuration. */
  readonly source: () => LiveSource;
  readonly version: string;
  readonly time: (instant: number) => string;
  readonly now: () => number;
  readonly log: Log;
  /** Whether a session is still good. */
  readonly isStill: (viewer: Viewer) => Promise<boolean>;
}

/** A person sees a call begin to be recorded as if it were at once. */
const callsEveryMs = 200;
const othersEveryMs = 500;
/** Reads folders with as many files as wait to be delivered. */
const storageEveryMs = 5_000;
/** Proxies end a connection on which nothing comes for a minute. */
const breathEveryMs = 15_000;
/** A session that ended elsewhere, or ran out. */
const sessionsEveryMs = 5_000;

const mostClients = 200;
const mostPerViewer = 10;

/**
 * Tells everybody who looks what changes. It looks at the program every so often, and only while somebody is there: so
 * nothing that happens to a call ever waits for a page.
 */
export class EventHub {
  readonly #parts: EventHubParts;
  readonly #clients = new Set<Client>();
  #timers: readonly NodeJS.Timeout[] = [];
  #lastLine: number | undefined;
  #lastTry: number | undefined;
  readonly #busy = new Set<string>();

  constructor(parts: EventHubParts) {
    this.#parts = parts;
  }

  /** Returns what ends it; undefined: there are too many already. */
  join(viewer: Viewer, language: 'de' | 'en', sink: EventSink): (() => void) | undefined {
    const own = [...this.#clients].filter(({ viewer: { actor } }) => actor === viewer.actor);
    if (this.#clients.size >= mostClients || own.length >= mostPerViewer) return undefined;
    const client: Client = { viewer, language, sink, known: new Map() };
    this.#clients.add(client);
    const { version, time, now } = this.#parts;
    this.#send(client, 'hello', JSON.stringify({ version, now: time(now()) }));
    if (this.#timers.length === 0) this.#start();
    else this.#lookNow();
    return () => this.#leave(client);
  }

  /** What is not a state but happened once. */
  push<Name extends EventName>(event: Name, data: EventData<Name>, sees: (viewer: Viewer) => boolean): void {
    const text = JSON.stringify(data);
    for (const client of this.#clients) if (sees(client.viewer)) this.#send(client, event, text);
  }

  /** Ends the streams of those who are not signed in any more, or have other rights. */
  signOut(which: (viewer: Viewer) => boolean): void {
    for (const client of [...this.#clients]) {
      if (!which(client.viewer)) continue;
      this.#send(client, 'signed-out', '{}');
      this.#leave(client);
      client.sink.end();
    }
  }

  stop(): void {
    for (const client of [...this.#clients]) {
      this.#leave(client);
      client.sink.end();
    }
  }

  get clients(): number {
    return this.#clients.size;
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#lastLine = undefined;
    this.#lastTry = undefined;
  }

  #start(): void {
    const every = (ms: number, name: string, look: () => Promise<void>): NodeJS.Timeout =>
      setInterval(() => this.#look(name, look), ms);
    this.#timers = [
      every(callsEveryMs, 'calls', () => this.#tellCalls()),
      every(othersEveryMs, 'others', () => this.#tellOthers()),
      every(othersEveryMs, 'lines', () => this.#tellLines()),
      every(storageEveryMs, 'storage', () => this.#tellStorage()),
      every(breathEveryMs, 'breath', () => this.#breathe()),
      every(sessionsEveryMs, 'sessions', () => this.#checkSessions()),
    ];
    this.#lookNow();
  }

  #lookNow(): void {
    this.#look('calls', () => this.#tellCalls());
    this.#look('others', () => this.#tellOthers());
    this.#look('lines', () => this.#tellLines());
    this.#look('storage', () => this.#tellStorage());
  }

  /** One at a time of each; what cannot be told now is told the next time. */
  #look(name: string, look: () => Promise<void>): void {
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    // Whatever throws at once is caught as well: nobody else would, and the whole program would end.
    Promise.resolve()
      .then(look)
      .catch((error: unknown) =>
        this.#parts.log.debug('nothing to tell the console', { name, ...errorFields(error) }),
      )
      .finally(() => this.#busy.delete(name));
  }

  #tellCalls(): Promise<void> {
    const items = this.#parts
      .source()
      .calls()
      .map((call): Item => {
        const seen = JSON.stringify(call);
        return {
          key: `call ${call.key}`,
          event: 'call',
          textFor: ({ viewer }) => {
            const own = callFor(viewer, call);
            return own === call ? seen : own && JSON.stringify(own);
          },
        };
      });
    this.#tell(items);
    this.#tellGone('call ', items, 'call-over', (key) => ({ key }));
    return Promise.resolve();
  }

  /** What clients know of a kind and is not among the items any more. */
  #tellGone(kind: string, items: readonly Item[], event: EventName, data: (name: string) => unknown): void {
    const there = new Set(items.map(({ key }) => key));
    for (const client of this.#clients)
      for (const key of client.known.keys()) {
        if (!key.startsWith(kind) || there.has(key)) continue;
        client.known.delete(key);
        this.#send(client, event, JSON.stringify(data(key.slice(kind.length))));
      }
  }

  async #tellOthers(): Promise<void> {
    const source = this.#parts.source();
    const forMachine = (event: EventName, key: string, data: unknown): Item => {
      const text = JSON.stringify(data);
      return { key, event, textFor: ({ viewer }) => (seesMachine(viewer) ? text : undefined) };
    };
    const asterisk = JSON.stringify(source.asterisk());
    const alarms = { de: source.alarms('de'), en: source.alarms('en') };
    const targets = (await source.targets()).map((target) =>
      forMachine('target', `target ${target.name}`, target),
    );
    this.#tell([
      { key: 'asterisk', event: 'asterisk', textFor: () => asterisk },
      {
        key: 'alarms',
        event: 'alarms',
        textFor: ({ viewer, language }) => JSON.stringify({ alarms: alarmsFor(viewer, alarms[language]) }),
      },
      forMachine('selftest', 'selftest', source.selfTest()),
      ...targets,
    ]);
    this.#tellGone('target ', targets, 'target-over', (name) => ({ name }));
  }

  async #tellStorage(): Promise<void> {
    const text = JSON.stringify(await this.#parts.source().storage());
    const textFor = ({ viewer }: Client) => (seesMachine(viewer) ? text : undefined);
    this.#tell([{ key: 'storage', event: 'storage', textFor }]);
  }

  async #tellLines(): Promise<void> {
    const source = this.#parts.source();
    this.#lastLine ??= await source.lastLine();
    for (const { seq, line } of await source.linesAfter(this.#lastLine)) {
      this.#lastLine = seq;
      this.push('record', line, (viewer) => maySee(viewer, line.group));
    }
    this.#lastTry ??= await source.lastTry();
    const changed = await source.triesAfter(this.#lastTry);
    this.#lastTry = changed.at(-1)?.place ?? this.#lastTry;
    for (const [id, [first]] of Map.groupBy(changed, ({ recording }) => recording))
      this.push('record-changed', { id }, (viewer) => maySee(viewer, first?.group));
  }

  #breathe(): Promise<void> {
    for (const client of this.#clients) if (!client.sink.write(': here\n\n')) this.#leave(client);
    return Promise.resolve();
  }

  async #checkSessions(): Promise<void> {
    const checked = new Map<string, boolean>();
    for (const { viewer } of [...this.#clients]) {
      const isGood = checked.get(viewer.key) ?? (await this.#parts.isStill(viewer));
      checked.set(viewer.key, isGood);
    }
    this.signOut(({ key }) => checked.get(key) === false);
  }

  #tell(items: readonly Item[]): void {
    for (const client of this.#clients)
      for (const { key, event, textFor } of items) {
        const text = textFor(client);
        if (text === undefined || client.known.get(key) === text) continue;
        client.known.set(key, text);
        this.#send(client, event, text);
      }
  }

  #send(client: Client, event: EventName, text: string): void {
    if (client.sink.write(`event: ${event}\ndata: ${text}\n\n`)) return;
    this.#leave(client);
    client.sink.end();
  }
}
