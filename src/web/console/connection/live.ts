import type { Alarm, EventData, EventName, LiveCall, SelfTest, StorageNow, TargetState } from '../../api.ts';
import { client } from './client.ts';

/** What is known by events. Undefined: not told yet. */
export interface Now {
  readonly link: 'connecting' | 'open' | 'broken';
  readonly calls: readonly LiveCall[] | undefined;
  readonly asterisk: EventData<'asterisk'> | undefined;
  readonly storage: StorageNow | undefined;
  readonly targets: readonly TargetState[] | undefined;
  readonly alarms: readonly Alarm[] | undefined;
  readonly selfTest: SelfTest | undefined;
}

const nothing: Now = {
  link: 'connecting',
  calls: undefined,
  asterisk: undefined,
  storage: undefined,
  targets: undefined,
  alarms: undefined,
  selfTest: undefined,
};

/** A browser tries again by itself, but not after an answer that was an error. */
const tryAgainAfterMs = 3_000;
/** Calls that go on are told right after `hello`; then there are none. */
const callsAreToldAfterMs = 600;

type Happening = 'record' | 'record-changed' | 'configuration' | 'announcements';

/** The stream of events, made again whenever it breaks. */
export class Live {
  #now = nothing;
  #source: EventSource | undefined;
  #timers: number[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Map<Happening, Set<(data: unknown) => void>>();

  readonly snapshot = (): Now => this.#now;

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Something that happened once. */
  on<Name extends Happening>(event: Name, listener: (data: EventData<Name>) => void): () => void {
    const known = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, known.add(listener as (data: unknown) => void));
    return () => known.delete(listener as (data: unknown) => void);
  }

  start(): void {
    this.stop();
    const source = new EventSource(`/api/v1/events?language=${client.language}`);
    this.#source = source;
    this.#take(source, 'hello', () => this.#hello());
    this.#take(source, 'call', (call) => this.#put({ calls: withCall(this.#now.calls ?? [], call) }));
    this.#take(source, 'call-over', ({ key }) =>
      this.#put({ calls: (this.#now.calls ?? []).filter((call) => call.key !== key) }),
    );
    this.#take(source, 'asterisk', (asterisk) => this.#put({ asterisk }));
    this.#take(source, 'storage', (storage) => this.#put({ storage }));
    this.#take(source, 'target', (target) =>
      this.#put({ targets: withTarget(this.#now.targets ?? [], target) }),
    );
    this.#take(source, 'target-over', ({ name }) =>
      this.#put({ targets: (this.#now.targets ?? []).filter((target) => target.name !== name) }),
    );
    this.#take(source, 'alarms', ({ alarms }) => this.#put({ alarms }));
    this.#take(source, 'selftest', (selfTest) => this.#put({ selfTest }));
    for (const event of ['record', 'record-changed', 'configuration', 'announcements'] as const)
      this.#take(source, event, (data) => this.#tell(event, data));
    this.#take(source, 'signed-out', () => client.onSignedOut());
    source.onerror = () => this.#broken(source);
  }

  stop(): void {
    this.#source?.close();
    this.#source = undefined;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#put(nothing);
  }

  #take<Name extends EventName>(
    source: EventSource,
    event: Name,
    take: (data: EventData<Name>) => void,
  ): void {
    source.addEventListener(event, (message: MessageEvent<string>) =>
      take(JSON.parse(message.data) as EventData<Name>),
    );
  }

  /** What was known is void: a call that ended meanwhile is never told of. */
  #hello(): void {
    this.#put({ link: 'open', calls: undefined, targets: undefined });
    this.#after(callsAreToldAfterMs, () => this.#put({ calls: this.#now.calls ?? [] }));
  }

  #broken(source: EventSource): void {
    this.#put({ link: 'broken' });
    if (source.readyState === EventSource.CLOSED) this.#after(tryAgainAfterMs, () => this.start());
  }

  #after(ms: number, act: () => void): void {
    this.#timers.push(window.setTimeout(act, ms));
  }

  #tell(event: Happening, data: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(data);
  }

  #put(change: Partial<Now>): void {
    this.#now = { ...this.#now, ...change };
    for (const watcher of this.#watchers) watcher();
  }
}

function withCall(calls: readonly LiveCall[], call: LiveCall): readonly LiveCall[] {
  const others = calls.filter(({ key }) => key !== call.key);
  return [...others, call].sort((a, b) => b.start.localeCompare(a.start));
}

function withTarget(targets: readonly TargetState[], target: TargetState): readonly TargetState[] {
  const known = targets.some(({ name }) => name === target.name);
  return known ? targets.map((each) => (each.name === target.name ? target : each)) : [...targets, target];
}
