import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { MitschnittError } from '../errors.ts';
import { packageFolder } from '../package-folder.ts';
import type { LineSearches } from './console-ledger.ts';

export interface SearchRequest {
  readonly id: number;
  readonly what: keyof LineSearches;
  readonly given: readonly unknown[];
}

export interface SearchAnswer {
  readonly id: number;
  readonly result?: unknown;
  /** Why there is none. */
  readonly problem?: string;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** More than a page asks for at once; who asks for more is told so, and the others still get theirs. */
const mostWaiting = 100;

function tooBusy(): MitschnittError {
  return new MitschnittError('too many searches wait already', {
    ...{ code: 'too-busy', fault: 'configuration', retry: true, hint: 'Try again in a moment.' },
  });
}

/** Nobody searches any more: the thread has a heap of its own, which is then given back. */
const idleMs = 60_000;
/** What a page of a search takes is far less; what it may keep before it is collected has to end somewhere. */
const heap = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4 };

/** Searches beside the calls. The thread begins with a search, and ends when there was none for a while. */
export class SearchThread implements LineSearches {
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #last = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  search(...given: Parameters<LineSearches['search']>): ReturnType<LineSearches['search']> {
    return this.#ask('search', given);
  }

  outcomesByHour(
    ...given: Parameters<LineSearches['outcomesByHour']>
  ): ReturnType<LineSearches['outcomesByHour']> {
    return this.#ask('outcomesByHour', given);
  }

  reasons(...given: Parameters<LineSearches['reasons']>): ReturnType<LineSearches['reasons']> {
    return this.#ask('reasons', given);
  }

  deliveriesByHour(
    ...given: Parameters<LineSearches['deliveriesByHour']>
  ): ReturnType<LineSearches['deliveriesByHour']> {
    return this.#ask('deliveriesByHour', given);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#end(new Error('the catalogue was closed'));
    await worker?.terminate();
  }

  #ask<Result>(what: keyof LineSearches, given: readonly unknown[]): Promise<Result> {
    if (this.#waiting.size >= mostWaiting) return Promise.reject(tooBusy());
    const worker = (this.#worker ??= this.#start());
    clearTimeout(this.#idle);
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as Result), reject });
      worker.postMessage({ id, what, given } satisfies SearchRequest);
    });
  }

  #start(): Worker {
    // Tests run the source, which has another name than what is built of it.
    const [folder, type] = import.meta.url.endsWith('.ts') ? ['src', '.ts'] : ['dist', '.js'];
    const file = join(packageFolder, folder, `catalogue/search-worker${type}`);
    const worker = new Worker(file, { workerData: { path: this.#path }, resourceLimits: heap });
    // Nobody waits for it at the end of the process.
    worker.unref();
    worker.on('message', ({ id, result, problem }: SearchAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#rest(worker);
      if (problem === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(problem));
    });
    worker.on('error', (error: Error) => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#end(error);
    });
    return worker;
  }

  #rest(worker: Worker): void {
    this.#idle = setTimeout(() => {
      if (this.#worker !== worker || this.#waiting.size > 0) return;
      this.#worker = undefined;
      void worker.terminate();
    }, idleMs);
    this.#idle.unref();
  }

  #end(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
