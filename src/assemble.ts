import { watchGroups } from './alarms/group-watch.ts';
import { callsOf, haveSameGround, type Calls } from './assemble-calls.ts';
import { officeOf, type Office } from './assemble-office.ts';
import { controlSocketOf } from './config/files.ts';
import { ControlSocket } from './control-socket.ts';
import { newShifts } from './delivery/shifts.ts';
import type { Running } from './assemble-web/running.ts';
import type { Config } from './config/schema.ts';

/** The running program: everything that is open, from the first call to the last delivery. */
export interface Program {
  start(): Promise<void>;
  /** Whether it can go on by another configuration; else that one needs a program of its own. */
  canUse(config: Config): boolean;
  /**
   * Goes on by another configuration: calls are attended to without a pause, all else begins anew. Where that rejects,
   * some of it may stand still: go on by the former one.
   */
  use(config: Config): Promise<void>;
  /** Finishes or hands back all work. */
  stop(): Promise<void>;
  /** What the console shows and controls. */
  readonly running: Running;
}

/**
 * Makes the whole program of a configuration. Nothing is opened before `start`. `hadGroups`: the program before it, in the
 * same process, recorded calls. `shifts`: those that the program before it had.
 */
export function assemble(first: Config, { hadGroups = false, shifts = newShifts() } = {}): Program {
  const startedAt = new Date();
  let config = first;
  const calls = callsOf(first, {
    recorded: () => office.running.uploader.wake(),
    closed: () => office.running.reporting?.wake(),
    tested: (call) => office.running.selfTest.tell(call),
    alarm: (alarm, state) => office.alarming.tell(alarm, state),
  });
  let office: Office = officeOf(first, calls, startedAt, shifts);
  const control = new ControlSocket(controlSocketOf(first), office.answers);
  return {
    get running() {
      return office.running;
    },
    // Whoever calls now is to be announced: that comes first, and ends last.
    async start() {
      await calls.open();
      await control.start();
      await calls.start();
      await tellGroups(first, calls, hadGroups);
      await office.start();
      calls.log.info('started', { pid: process.pid, groups: first.groups.length });
    },
    canUse: (next) => haveSameGround(config, next),
    async use(next) {
      const former = config;
      config = next;
      await calls.use(next);
      await tellGroups(next, calls, former.groups.length > 0);
      // Two of them would deliver everything twice.
      await office.stop();
      office = officeOf(next, calls, startedAt, shifts);
      control.use(office.answers);
      await office.start();
    },
    async stop() {
      await office.stop();
      await calls.stop();
      await control.stop();
      await calls.close();
      calls.log.info('stopped');
    },
  };
}

async function tellGroups(
  { groups }: Config,
  { alarms, catalogue }: Calls,
  hadGroups: boolean,
): Promise<void> {
  await watchGroups({ groups: groups.length, hadGroups, alarms, lines: catalogue });
}
