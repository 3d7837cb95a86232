import { assemble } from './assemble.ts';
import type { Config } from './config/schema.ts';

/** Runs until SIGTERM or SIGINT. A second signal ends the process at once. */
export async function run(config: Config): Promise<void> {
  const program = assemble(config);
  const signalled = untilSignalled();
  try {
    await program.start();
    await signalled;
  } finally {
    await program.stop();
  }
}

function untilSignalled(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      // Without a listener, Node ends the process at the next signal.
      for (const signal of signals) process.off(signal, stop);
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}

const signals = ['SIGTERM', 'SIGINT'] as const;
