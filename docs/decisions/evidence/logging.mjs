// Why winston's own transports are not used: docs/decisions/0004-logging.md
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { install, node, observe, trial } from './trial.mjs';

const LINES = 1_000;
const ENDS = ['return', 'process.exit', 'uncaught exception', 'unhandled rejection', 'SIGTERM'];
const MOMENTS = ['running', 'starting']; // the logger is 200 ms old, or made in the same turn of the event loop
const PIPE_LINES = 3_000; // of 200 characters: ten times what a pipe holds

const PROGRAM = `
const fs = require('node:fs');
const winston = require('winston');
const Transport = require('winston-transport');
const { MESSAGE } = require('triple-beam');
const [kind, end, moment, file, lines] = process.argv.slice(2);

class Synchronous extends Transport {
  fd = file === '-' ? 1 : fs.openSync(file, 'a');
  log(info, done) {
    const bytes = Buffer.from(info[MESSAGE] + '\\n');
    for (let at = 0; at < bytes.length; ) {
      try {
        at += fs.writeSync(this.fd, bytes, at);
      } catch (error) {
        // EAGAIN: a pipe whose reader lags is full for the moment.
        if (kind !== 'patient' || error.code !== 'EAGAIN') throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
    done();
  }
}
const make = {
  File: () => new winston.transports.File({ filename: file }),
  Console: () => new winston.transports.Console(),
  synchronous: () => new Synchronous(),
  patient: () => new Synchronous(),
};
const finish = {
  'return': () => {},
  'process.exit': () => process.exit(),
  'uncaught exception': () => { throw new Error('thrown on purpose'); },
  'unhandled rejection': () => { Promise.reject(new Error('rejected on purpose')); },
  'SIGTERM': () => process.kill(process.pid, 'SIGTERM'),
};
const logger = winston.createLogger({ transports: [make[kind]()] });
const work = () => {
  for (let line = 0; line < Number(lines); line += 1) logger.info(String(line).padEnd(200));
  finish[end]();
};
if (moment === 'running') setTimeout(work, 200);
else work();
`;

const run = promisify(execFile);
const count = (text, lines) => lines - new Set(text.match(/(?<="message":")\d+/g)).size;

async function lost(folder, kind, end, moment) {
  const file = join(folder, `${kind} ${end} ${moment}.log`);
  writeFileSync(file, '');
  const args = [join(folder, 'program.cjs'), kind, end, moment, file, String(LINES)];
  await run(process.execPath, args).catch(() => {}); // three of the five ends are failures
  return count(readFileSync(file, 'utf8'), LINES);
}

async function five(folder, kind, expected, holds) {
  for (const end of ENDS) {
    const [running, starting] = await Promise.all(MOMENTS.map((moment) => lost(folder, kind, end, moment)));
    const seen = `lost ${running} of ${LINES} lines when running, ${starting} of ${LINES} when just started`;
    observe(`${kind}, ${end}`, expected(end), seen, holds(end, running, starting));
  }
}

async function slowPipe(folder, kind, expected, holds) {
  const command = `"${process.execPath}" program.cjs ${kind} process.exit running - ${PIPE_LINES} | (sleep 1; cat)`;
  const { stdout, stderr } = await run('sh', ['-c', command], { cwd: folder, maxBuffer: 10_000_000 });
  const gone = count(stdout, PIPE_LINES);
  const why = /Error: \w+/.exec(stderr)?.[0] ?? 'no error';
  observe(
    `${kind}, pipe to a slow reader`,
    expected,
    `lost ${gone} of ${PIPE_LINES} lines, ${why}`,
    holds(gone, why),
  );
}

async function diskFull(folder) {
  const { end, stderr } = await node(
    folder,
    'program.cjs',
    'synchronous',
    'return',
    'running',
    '/dev/full',
    '1',
  );
  const why = /Error: \w+/.exec(stderr)?.[0] ?? 'no error';
  observe('synchronous, no space left', 'logger.info() throws', `${why}, ${end}`, why.includes('ENOSPC'));
}

await trial(async () => {
  const { folder } = await install('winston', 'winston-transport');
  writeFileSync(join(folder, 'program.cjs'), PROGRAM);
  const some = (end) => (end === 'return' ? 'none lost' : 'nearly all lost');
  await five(folder, 'File', some, (end, ...each) => each.every((gone) => (end === 'return' ? !gone : gone)));
  await five(
    folder,
    'synchronous',
    () => 'none lost',
    (_end, ...each) => each.every((gone) => !gone),
  );
  await diskFull(folder);
  await slowPipe(folder, 'Console', 'lines lost without an error', (gone) => gone > 0);
  await slowPipe(folder, 'synchronous', 'an EAGAIN error', (gone, why) => gone > 0 && why.includes('EAGAIN'));
  await slowPipe(folder, 'patient', 'none lost', (gone) => gone === 0);
});
