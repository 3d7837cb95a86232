import type { Stored, Target, Upload } from '../../src/delivery/target.ts';

/** A target whose calls of `put` fail as asked, counted from 1; the others reach the real one. */
export interface FailingTarget extends Target {
  /** The uploads of all calls so far. */
  readonly calls: readonly Upload[];
}

/**
 * `fails` gives the error of a call, or undefined. `after`: the real target does its work first, so that only the
 * answer is lost.
 */
export function failing(
  target: Target,
  fails: (call: number, upload: Upload) => Error | undefined,
  { after = false } = {},
): FailingTarget {
  const calls: Upload[] = [];
  return {
    name: target.name,
    calls,
    put: async (upload): Promise<Stored> => {
      const error = fails(calls.push(upload), upload);
      if (error && !after) throw error;
      const stored = await target.put(upload);
      if (error) throw error;
      return stored;
    },
    read: (path, signal) => target.read(path, signal),
    remove: (path, signal) => target.remove(path, signal),
    check: (signal) => target.check(signal),
    close: () => target.close(),
  };
}
