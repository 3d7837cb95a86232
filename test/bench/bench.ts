// Benchmarks: `npm run bench -- calls` and `-- delivery` compare with what others do in the same run, `-- storm` counts
// what is lost, `-- proof` compares the statement of completeness with every call, `-- report` looks whether a line costs
// the same in a very long report, `-- search` tells how long one looks for a recording.
import { parseArgs } from 'node:util';

import { benchCalls, type CallsOptions } from './calls.ts';
import { kinds, type Kind } from './delivery-servers.ts';
import { benchDelivery, type DeliveryOptions } from './delivery.ts';
import { mostCallsAtATime } from './load.ts';
import { benchProof, type ProofOptions } from './proof.ts';
import { benchReport, type ReportOptions } from './report.ts';
import { benchSpreadsheet } from './spreadsheet.ts';
import { benchSearch, type SearchOptions } from './search.ts';
import { benchStorm, type StormOptions } from './storm.ts';

const usage = `Usage: npm run bench -- calls [OPTIONS]

Measures what Mitschnitt adds to a recorded call: processor time, time to set up, audio missing at the start.

  --seconds 30,10     lengths of the calls whose processor time is measured
  --calls 150         how many calls in each run
  --rate 5            new calls per second
  --setup-calls 400   how many short calls for the time to set up; 0: do not measure it
  --setup-rate 20     new calls per second
  --warm-up 300       short calls before each run, which do not count: code that just started is slower
  --rounds 2          how often all is measured
  --sample 20         recordings per run whose beginning is listened to
  --asterisk 22       version of Asterisk: 22 or 16
  --gate              calls go through the gate of Mitschnitt, as where another group announces
  --profile           also tell in which functions of Mitschnitt the time is spent

Usage: npm run bench -- storm [OPTIONS]

Places calls while Mitschnitt is killed, or frozen for 2 s, again and again, and accounts for each of them.

  --calls 500         how many
  --rate 10           new calls per second
  --seconds 8         length of a call
  --calm 4            Mitschnitt is left alone for half of that to so many seconds
  --asterisk 22       version of Asterisk: 22 or 16

Usage: npm run bench -- delivery [OPTIONS]

Puts the same files on the same servers by Mitschnitt, as it was compiled last (npm run build), and by rclone, lftp,
smbclient, curl and the sftp of OpenSSH (apt-get install rclone lftp curl openssh-client).

  --targets ftp,sftp,smb,s3,webdav
  --peers rclone,curl only these of the other programs; all by default
  --large 1000        size of the one large file, in MB
  --small 5000        how many small files
  --small-bytes 50000 their size
  --connections 3     how many files Mitschnitt sends at a time
  --rounds 2          how often each of them does it, in turn; its best counts

Usage: npm run bench -- proof [OPTIONS]

Places calls while Mitschnitt is killed, its events are withheld, the disk is full and Asterisk crashes, and compares the
statement of completeness with what the telephones noted, call by call. Then cleans up while calls go on. Needs root.

  --calls 2000        how many; 0: only clean up
  --rate 8            new calls per second
  --seconds 6         length of a call
  --calm 6            nothing breaks for half of that to so many seconds
  --live-calls 100    how many go on while it is cleaned up; 0: leave that out
  --asterisk 22       version of Asterisk: 22 or 16

Usage: npm run bench -- report [OPTIONS]

Appends to the CSV report of one month, line by line; then kills processes that do so.

  --segments 200000   how many lines
  --crashes 20        how many processes are killed

Usage: npm run bench -- spreadsheet

Opens CSV reports in LibreOffice, set to German, and compares each cell. The first time it makes an image (2 min).

Usage: npm run bench -- search [OPTIONS]

Fills a catalogue and measures how long a page of each kind of search takes. Needs 4 GB for 5,000,000 lines.

  --lines 5000000     how many
  --searches 200      of each kind
`;

/** Something that the person who typed the command has to put right. */
class UsageError extends Error {}

const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;

function callsOptions(args: readonly string[]): CallsOptions {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: text('30,10'),
      calls: text('150'),
      rate: text('5'),
      'setup-calls': text('400'),
      'setup-rate': text('20'),
      'warm-up': text('300'),
      rounds: text('2'),
      sample: text('20'),
      asterisk: text('22'),
      gate: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  });
  if (positionals.length > 0) throw new UsageError(`${positionals.join(' ')}: what is that?`);
  const options: CallsOptions = {
    asterisk: version(values.asterisk),
    rounds: whole('rounds', values.rounds),
    seconds: values.seconds.split(',').map((each) => whole('seconds', each)),
    rate: whole('rate', values.rate),
    calls: whole('calls', values.calls),
    setUpCalls: whole('setup-calls', values['setup-calls'], 0),
    setUpRate: whole('setup-rate', values['setup-rate']),
    warmUp: whole('warm-up', values['warm-up'], 0),
    sample: whole('sample', values.sample),
    gate: values.gate,
    profile: values.profile,
  };
  refuseTooMany(options.calls, options.rate * Math.max(...options.seconds));
  return options;
}

function stormOptions(args: readonly string[]): StormOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      calls: text('500'),
      rate: text('10'),
      seconds: text('8'),
      calm: text('4'),
      asterisk: text('22'),
    },
  });
  const options: StormOptions = {
    asterisk: version(values.asterisk),
    calls: whole('calls', values.calls),
    rate: whole('rate', values.rate),
    seconds: whole('seconds', values.seconds),
    calm: whole('calm', values.calm),
  };
  refuseTooMany(options.calls, options.rate * options.seconds);
  return options;
}

function proofOptions(args: readonly string[]): ProofOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      calls: text('2000'),
      rate: text('8'),
      seconds: text('6'),
      calm: text('6'),
      'live-calls': text('100'),
      asterisk: text('22'),
    },
  });
  const options: ProofOptions = {
    asterisk: version(values.asterisk),
    calls: whole('calls', values.calls, 0),
    rate: whole('rate', values.rate),
    seconds: whole('seconds', values.seconds),
    calm: whole('calm', values.calm),
    liveCalls: whole('live-calls', values['live-calls'], 0),
  };
  refuseTooMany(options.calls, options.rate * options.seconds);
  refuseTooMany(options.liveCalls, options.liveCalls);
  return options;
}

function deliveryOptions(args: readonly string[]): DeliveryOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      targets: text(kinds.join()),
      peers: { type: 'string' },
      large: text('1000'),
      small: text('5000'),
      'small-bytes': text('50000'),
      connections: text('3'),
      rounds: text('2'),
    },
  });
  return {
    kinds: values.targets.split(',').map(targetKind),
    peers: values.peers?.split(','),
    large: whole('large', values.large),
    small: whole('small', values.small),
    smallBytes: whole('small-bytes', values['small-bytes']),
    connections: whole('connections', values.connections),
    rounds: whole('rounds', values.rounds),
  };
}

function reportOptions(args: readonly string[]): ReportOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { segments: text('200000'), crashes: text('20') },
  });
  return {
    segments: whole('segments', values.segments, leastSegments),
    crashes: whole('crashes', values.crashes),
  };
}

/** The first and the last thousand are compared. */
const leastSegments = 2_000;

function searchOptions(args: readonly string[]): SearchOptions {
  const options = { lines: text('5000000'), searches: text('200') };
  const { values } = parseArgs({ args: [...args], options });
  return { lines: whole('lines', values.lines), searches: whole('searches', values.searches) };
}

function targetKind(name: string): Kind {
  const found = kinds.find((kind) => kind === name);
  if (found) return found;
  throw new UsageError(`--targets: ${name} is none of ${kinds.join()}`);
}

function refuseTooMany(calls: number, atATime: number): void {
  if (Math.min(calls, atATime) > mostCallsAtATime) {
    throw new UsageError(`These are ${atATime} calls at a time; SIPp can do ${mostCallsAtATime}.`);
  }
}

function version(value: string): 22 | 16 {
  if (value === '22' || value === '16') return value === '22' ? 22 : 16;
  throw new UsageError('--asterisk: 22 or 16');
}

function whole(name: string, value: string, least = 1): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least) return number;
  throw new UsageError(`--${name}: ${value} is not a whole number from ${least} on`);
}

async function bench([name, ...args]: readonly string[]): Promise<boolean> {
  if (name === 'calls') {
    const sound = await benchCalls(callsOptions(args));
    if (!sound) console.error('\nCalls failed or recordings are missing: the figures above do not count.');
    return sound;
  }
  if (name === 'storm') return benchStorm(stormOptions(args));
  if (name === 'delivery') return benchDelivery(deliveryOptions(args));
  if (name === 'proof') return benchProof(proofOptions(args));
  if (name === 'spreadsheet') return benchSpreadsheet();
  if (name === 'report') return benchReport(reportOptions(args));
  if (name === 'search') return benchSearch(searchOptions(args));
  throw new UsageError(
    'There are these benchmarks: calls, delivery, proof, report, search, spreadsheet and storm.',
  );
}

try {
  const sound = await bench(process.argv.slice(2));
  process.exitCode = sound ? 0 : 1;
} catch (error) {
  const isUsage =
    error instanceof UsageError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  if (!isUsage) throw error;
  console.error(`${error instanceof Error ? error.message : ''}\n\n${usage}`);
  process.exitCode = 2;
}
