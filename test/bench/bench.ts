// Benchmarks: `npm run bench -- calls`. They compare with something that runs beside them and gate nothing.
import { parseArgs } from 'node:util';

import { benchCalls, type CallsOptions } from './calls.ts';
import { mostCallsAtATime } from './load.ts';

const usage = `Usage: npm run bench -- calls [OPTIONS]

Measures what Mitschnitt adds to a recorded call: processor time, time to set up, audio missing at the start.

  --seconds 30,10     lengths of the calls whose processor time is measured
  --calls 150         how many calls in each run
  --rate 5            new calls per second
  --setup-calls 400   how many short calls for the time to set up; 0: do not measure it
  --setup-rate 20     new calls per second
  --warm-up 30        short calls before each run, which do not count
  --rounds 2          how often all is measured
  --sample 20         recordings per run whose beginning is listened to
  --asterisk 22       version of Asterisk: 22 or 16
  --profile           also tell in which functions of Mitschnitt the time is spent
`;

/** Something that the person who typed the command has to put right. */
class UsageError extends Error {}

function readOptions(args: readonly string[]): CallsOptions {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: text('30,10'),
      calls: text('150'),
      rate: text('5'),
      'setup-calls': text('400'),
      'setup-rate': text('20'),
      'warm-up': text('30'),
      rounds: text('2'),
      sample: text('20'),
      asterisk: text('22'),
      profile: { type: 'boolean', default: false },
    },
  });
  if (positionals.join() !== 'calls') throw new UsageError('There is one benchmark: calls.');
  if (values.asterisk !== '22' && values.asterisk !== '16') throw new UsageError('--asterisk: 22 or 16');
  const options: CallsOptions = {
    asterisk: values.asterisk === '22' ? 22 : 16,
    rounds: whole('rounds', values.rounds),
    seconds: values.seconds.split(',').map((each) => whole('seconds', each)),
    rate: whole('rate', values.rate),
    calls: whole('calls', values.calls),
    setUpCalls: whole('setup-calls', values['setup-calls'], 0),
    setUpRate: whole('setup-rate', values['setup-rate']),
    warmUp: whole('warm-up', values['warm-up'], 0),
    sample: whole('sample', values.sample),
    profile: values.profile,
  };
  const atATime = Math.min(options.calls, options.rate * Math.max(...options.seconds));
  if (atATime > mostCallsAtATime) {
    throw new UsageError(`These are ${atATime} calls at a time; SIPp can do ${mostCallsAtATime}.`);
  }
  return options;
}

function whole(name: string, value: string, least = 1): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least) return number;
  throw new UsageError(`--${name}: ${value} is not a whole number from ${least} on`);
}

try {
  const sound = await benchCalls(readOptions(process.argv.slice(2)));
  if (!sound) console.error('\nCalls failed or recordings are missing: the figures above do not count.');
  process.exitCode = sound ? 0 : 1;
} catch (error) {
  const isUsage =
    error instanceof UsageError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  if (!isUsage) throw error;
  console.error(`${error instanceof Error ? error.message : ''}\n\n${usage}`);
  process.exitCode = 2;
}
