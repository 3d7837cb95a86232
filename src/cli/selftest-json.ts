import type { SelfTestResult } from '../selftest/result-file.ts';

/** The result of a self-test as the command line and `status` give it; what does not apply is null. */
export function selfTestJson({ at, ms, ok, steps }: SelfTestResult) {
  return {
    at: new Date(at).toISOString(),
    ms,
    ok,
    steps: steps.map(({ name, group, target, prompt, state, ms: took, problem, reason }) => ({
      name,
      group: group ?? null,
      target: target ?? null,
      prompt: prompt ?? null,
      state,
      ms: took,
      code: problem?.code ?? null,
      message: problem?.message ?? null,
      fault: problem?.fault ?? null,
      hint: problem?.hint ?? null,
      reason: reason ?? null,
    })),
  };
}
