/** What is being changed in the configuration. It outlives the page: several pages may be changed and saved together. */
import { useSyncExternalStore } from 'react';

import type { Change, Checked, ConfigFault, Configuration, Saved } from '../../api.ts';
import { asFailure, live } from '../connection/answers.ts';
import { ask, RequestFailure } from '../connection/client.ts';
import { replayed, withChange, type Path, type Value } from './changes.ts';
import {
  changesOf,
  rebased,
  refused,
  revised,
  sending,
  settled,
  type LostChange,
  type Pending,
  type Revision,
} from './pending.ts';
import type { SchemaNode } from './schema.ts';
import { withStoredSecrets } from './stored-secrets.ts';

export interface DraftState {
  /** What is in the file. */
  readonly base: Configuration | undefined;
  readonly schema: SchemaNode | undefined;
  readonly changes: readonly Change[];
  /** As it would be, with marks in the place of secrets: see stored-secrets.ts. */
  readonly values: Value;
  /** Changes that were let go, since others removed what they were made on. */
  readonly lost: readonly LostChange[];
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
  lost: [],
  checked: undefined,
  checking: false,
  faults: [],
  failure: undefined,
  conflict: false,
  saved: undefined,
};

/** As long as somebody types, nothing is asked. */
const checkAfterMs = 350;

const nothingPending: Pending = { base: {}, sent: [], later: [] };

class Draft {
  #state = empty;
  #pending = nothingPending;
  #owner = '';
  #timer = 0;
  #round = 0;
  #loads = 0;
  readonly #watchers = new Set<() => void>();

  readonly snapshot = (): DraftState => this.#state;
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  constructor() {
    live.on('configuration', ({ revision }) => {
      const { base, changes } = this.#state;
      // Of one's own, or the answer to saving says that it is somebody else's.
      if (!base || this.#pending.sent.length > 0) return;
      if (changes.length > 0 && revision !== base.revision) this.#put({ conflict: true });
      else void this.load();
    });
  }

  /** Another person does not find what the one before typed. */
  async open(owner: string): Promise<void> {
    if (this.#owner !== owner) {
      this.#pending = nothingPending;
      this.#put(empty);
    }
    this.#owner = owner;
    if (!this.#state.base) await this.load();
    else if (this.#state.changes.length === 0) void this.load();
  }

  /** Reads the file again; the changes are kept, and told anew what they do. */
  async load(): Promise<void> {
    this.#loads += 1;
    const load = this.#loads;
    try {
      const [base, schema] = await Promise.all([
        ask('GET /configuration', {}),
        this.#state.schema ?? (ask('GET /configuration/schema', {}) as Promise<SchemaNode>),
      ]);
      // A later one is under way, or what is being saved is not in it.
      if (load !== this.#loads || this.#pending.sent.length > 0) return;
      const { pending, lost } = rebased(this.#pending, withStoredSecrets(base.values ?? {}, base.secrets));
      this.#take(pending);
      this.#put({ base, schema, conflict: false, failure: undefined });
      if (lost.length > 0) this.#put({ lost });
      if (this.#state.changes.length === 0) this.#put({ faults: base.faults, checked: undefined });
      else this.#checkSoon();
    } catch (error) {
      this.#put({ failure: asFailure(error) });
    }
  }

  readonly set = (at: Path, value: Value): void => this.do({ do: 'set', at: [...at], value });
  readonly remove = (at: Path): void => this.do({ do: 'remove', at: [...at] });
  readonly insert = (at: Path, value: Value): void => this.do({ do: 'insert', at: [...at], value });

  readonly do = (change: Change): void => this.revise((base, changes) => withChange(base, changes, change));

  /** For what is more than one more change. */
  readonly revise = (revise: Revision): void => {
    this.#take(revised(this.#pending, revise));
    this.#put({ saved: undefined });
    this.#checkSoon();
  };

  readonly discard = (): void => {
    clearTimeout(this.#timer);
    this.#round += 1;
    const { base } = this.#state;
    const nothing = { checked: undefined, checking: false, conflict: false, failure: undefined };
    this.#take({ ...nothingPending, base: this.#pending.base });
    this.#put({ ...nothing, lost: [], faults: base?.faults ?? [] });
    void this.load();
  };

  /** It is known that these changes were let go. */
  readonly forgetLost = (): void => this.#put({ lost: [] });

  /** Whether it is in the file now. What is typed meanwhile is saved the next time. */
  readonly save = async (): Promise<boolean> => {
    const { base } = this.#state;
    if (!base || this.#pending.sent.length > 0) return false;
    this.#take(sending(this.#pending));
    try {
      const saved = await ask('PUT /configuration', {
        body: { revision: base.revision, changes: [...this.#pending.sent] },
      });
      this.#take(settled(this.#pending));
      clearTimeout(this.#timer);
      this.#round += 1;
      this.#put({ checked: undefined, checking: false, saved, failure: undefined, lost: [] });
      await this.load();
      return true;
    } catch (error) {
      this.#take(refused(this.#pending));
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

  #take(pending: Pending): void {
    this.#pending = pending;
    const changes = changesOf(pending);
    this.#put({ changes, values: replayed(pending.base, changes) });
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
