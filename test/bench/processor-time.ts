import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Linux counts in hundredths of a second here, whatever its own clock does. */
const tickMs = 10;
// proc_pid_stat(5), counted from the field after the name, which is in brackets and may hold anything.
const userTime = 11;
const systemTime = 12;

/** Processor time that a process has used since its start, all threads together, those that have ended too. */
export async function processorMs(pid: number): Promise<number> {
  return usedMs(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

/** The same, per name of the threads that still live. */
export async function threadsMs(pid: number): Promise<Map<string, number>> {
  const folder = `/proc/${pid}/task`;
  const total = new Map<string, number>();
  for (const thread of await readdir(folder)) {
    const stat = await readFile(join(folder, thread, 'stat'), 'utf8').catch(() => undefined);
    if (stat === undefined) continue;
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    total.set(name, (total.get(name) ?? 0) + usedMs(stat));
  }
  return total;
}

function usedMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[userTime]) + Number(fields[systemTime])) * tickMs;
}

/** What the whole machine has done since it was started: how busy it was tells whether figures can be trusted. */
export interface MachineTime {
  readonly busy: number;
  readonly total: number;
}

export async function machineTime(): Promise<MachineTime> {
  const [all = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, ...others] = all
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  // The last two, of guests, are in the first two already.
  const interrupts = others.slice(0, 3).reduce((sum, each) => sum + each, 0);
  const busy = user + nice + system + interrupts;
  return { busy, total: busy + idle + waiting };
}
