import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';

import type { EventData, ResponseOf, RouteName } from '../../api.ts';
import { ask, type Given, RequestFailure } from './client.ts';
import { Live, type Now } from './live.ts';
import { Soon } from './soon.ts';

export const live = new Live();

export function useNow(): Now {
  return useSyncExternalStore(live.subscribe, live.snapshot);
}

export function useHappening<Name extends Parameters<Live['on']>[0]>(
  event: Name,
  listener: (data: EventData<Name>) => void,
): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => live.on(event, (data) => latest.current(data)), [event]);
}

/** Asks for something to be done within so long; see {@link Soon}. */
export function useSoon(ms: number, act: () => void): () => void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  const [soon] = useState(() => new Soon(ms, () => latest.current()));
  useEffect(() => () => soon.stop(), [soon]);
  return soon.ask;
}

export interface Answer<Data> {
  readonly data: Data | undefined;
  readonly failure: RequestFailure | undefined;
  /** What is shown may be of the question before. */
  readonly waiting: boolean;
  readonly reload: () => void;
}

/** Asks when the page is shown and whenever what is given changes; what was shown stays until the answer is here. */
export function useAnswer<Name extends RouteName>(name: Name, given: Given<Name>): Answer<ResponseOf<Name>> {
  const question = JSON.stringify(given);
  const [state, setState] = useState<Omit<Answer<ResponseOf<Name>>, 'reload'>>({
    data: undefined,
    failure: undefined,
    waiting: true,
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setState((before) => ({ ...before, waiting: true }));
    ask(name, { ...(JSON.parse(question) as Given<Name>), signal: abort.signal }).then(
      (data) => setState({ data, failure: undefined, waiting: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, failure: asFailure(error), waiting: false }));
      },
    );
    return () => abort.abort();
  }, [name, question, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { ...state, reload };
}

/** Something that a person asked for by a button: whether it goes on, and what stood in the way. */
export function useDeed<Arguments extends unknown[]>(
  act: (...given: Arguments) => Promise<void>,
): {
  run: (...given: Arguments) => void;
  busy: boolean;
  failure: RequestFailure | undefined;
  clear: () => void;
} {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<RequestFailure>();
  const run = (...given: Arguments): void => {
    setBusy(true);
    setFailure(undefined);
    act(...given)
      .catch((error: unknown) => setFailure(asFailure(error)))
      .finally(() => setBusy(false));
  };
  return { run, busy, failure, clear: () => setFailure(undefined) };
}

export function asFailure(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error;
  console.error(error);
  return new RequestFailure('page-defect');
}
