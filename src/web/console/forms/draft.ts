/** What is being changed in the configuration. It outlives the page: several pages may be changed and saved together. */
import { useSyncExternalStore } from 'react';

import type { Change, Checked, ConfigFault, Configuration, Saved } from '../../api.ts';
import { asFailure, live } from '../connection/answers.ts';
import { ask, RequestFailure } from '../connection/client.ts';
import { replayed, withChange, type Path, type Value } from './changes.ts';
import type { SchemaNode } from './schema.ts';

export interface DraftState {
  /** What is in the file. */
  readonly base: Configuration | undefined;
  readonly schema: SchemaNode | undefined;
  readonly changes: readonly Change[];
  /** As it would be. */
  readonly values: Value;
  /** What the server says of the changes; of those before, as long as `checking`. */
  readonly checked: Checked | undefined;
  readonly checking: boolean;
  readonly faults: readonly ConfigFault[];
  readonly failure: RequestFailure | undefined;
  /** Somebody else changed the file meanwhile. */
  readonly conflict: boolean;
  /** What was saved last, until there are changes again. */
  readonly saved: Saved | undefined;
}

const empty: DraftState = {
  base: undefined,
  schema: undefined,
  changes: [],
  values: {},
  checked: undefined,
  checking: false,
  faults: [],
  failure: undefined,
  conflict: false,
  saved: undefined,
};

/** As long as somebody types, nothing is asked. */
const checkAfterMs = 350;

class Draft {
  #state = empty;
  #owner = '';
  #timer = 0;
  #round = 0;
  readonly #watchers = new Set<() => void>();

  readonly snapshot = (): DraftState => this.#state;
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  constructor() {
    live.on('configuration', ({ revision }) => {
      const { base, changes } = this.#state;
      if (!base) return;
      if (changes.length > 0 && revision !== base.revision) this.#put({ conflict: true });
      else void this.load();
    });
  }

  /** Another person does not find what the one before typed. */
  async open(owner: string): Promise<void> {
    if (this.#owner !== owner) this.#put(empty);
    this.#owner = owner;
    if (!this.#state.base) await this.load();
    else if (this.#state.changes.length === 0) void this.load();
  }

  /** Reads the file again; the changes are kept, and told anew what they do. */
  async load(): Promise<void> {
    try {
      const [base, schema] = await Promise.all([
        ask('GET /configuration', {}),
        this.#state.schema ?? (ask('GET /configuration/schema', {}) as Promise<SchemaNode>),
      ]);
      const { changes } = this.#state;
      const values = replayed(base.values ?? {}, changes);
      this.#put({ base, schema, values, conflict: false, failure: undefined });
      if (changes.length === 0) this.#put({ faults: base.faults, checked: undefined });
      else this.#checkSoon();
    } catch (error) {
      this.#put({ failure: asFailure(error) });
    }
  }

  readonly set = (at: Path, value: Value): void => this.do({ do: 'set', at: [...at], value });
  readonly remove = (at: Path): void => this.do({ do: 'remove', at: [...at] });
  readonly insert = (at: Path, value: Value): void => this.do({ do: 'insert', at: [...at], value });

  readonly do = (change: Change): void => {
    const base = (this.#state.base?.values ?? {}) as Value;
    const changes = withChange(base, this.#state.changes, change);
    this.#put({ changes, values: replayed(base, changes), saved: undefined });
    this.#checkSoon();
  };

  readonly discard = (): void => {
    clearTimeout(this.#timer);
    this.#round += 1;
    const { base } = this.#state;
    const values = (base?.values ?? {}) as Value;
    const nothing = { checked: undefined, checking: false, conflict: false, failure: undefined };
    this.#put({ ...nothing, changes: [], values, faults: base?.faults ?? [] });
    void this.load();
  };

  /** Whether it is in the file now. */
  readonly save = async (): Promise<boolean> => {
    const { base, changes } = this.#state;
    if (!base) return false;
    try {
      const saved = await ask('PUT /configuration', {
        body: { revision: base.revision, changes: [...changes] },
      });
      this.#put({ changes: [], checked: undefined, saved, failure: undefined });
      await this.load();
      return true;
    } catch (error) {
      const failure = asFailure(error);
      if (failure.code === 'conflict') this.#put({ conflict: true });
      else this.#put({ failure, faults: failure.faults.length > 0 ? failure.faults : this.#state.faults });
      return false;
    }
  };

  #checkSoon(): void {
    clearTimeout(this.#timer);
    this.#round += 1;
    const round = this.#round;
    const { changes, base } = this.#state;
    if (changes.length === 0) {
      this.#put({ checked: undefined, checking: false, faults: base?.faults ?? [], failure: undefined });
      return;
    }
    this.#put({ checking: true });
    this.#timer = window.setTimeout(() => void this.#check(round), checkAfterMs);
  }

  async #check(round: number): Promise<void> {
    const { base, changes } = this.#state;
    if (!base) return;
    const now = (change: Partial<DraftState>): void => {
      if (round === this.#round) this.#put({ ...change, checking: false });
    };
    try {
      const body = { revision: base.revision, changes: [...changes] };
      const checked = await ask('POST /configuration/check', { body });
      now({ checked, faults: checked.faults, failure: undefined });
    } catch (error) {
      const failure = asFailure(error);
      now(failure.code === 'conflict' ? { conflict: true } : { failure });
    }
  }

  #put(change: Partial<DraftState>): void {
    this.#state = { ...this.#state, ...change };
    for (const watcher of this.#watchers) watcher();
  }
}

export const draft = new Draft();

export function useDraft(): DraftState {
  return useSyncExternalStore(draft.subscribe, draft.snapshot);
}
