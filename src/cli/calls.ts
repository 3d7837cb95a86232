import { userInfo } from 'node:os';

import type { Control } from '../call/call.ts';
import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import type { ControlAnswer, ControlRequest, LiveTalk } from '../controls.ts';
import { isoWithOffset, localDateTime } from '../recording/local-time.ts';
import { askRunning } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { toJson, write, writeLines } from './output.ts';

import { table } from './table.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

const headings = ['id', 'since', 'state', 'direction', 'group', 'from', 'to', 'rule'];

/** Lists the calls of members that go on now. */
export async function calls(options: Options): Promise<void> {
  const { config } = await loadConfig(options.config);
  const { timezone } = config.pbx;
  const talks = (await askRunning(controlSocketOf(config), '/calls')) as readonly LiveTalk[];
  if (options.json === true) {
    await writeLines(toJson(talks.map((talk) => talkJson(talk, timezone))));
    return;
  }
  const rows = talks.map(({ id, callId, startedAt, state, direction, group, from, to, rule }) => {
    const since = localDateTime(startedAt, timezone);
    return [id ?? callId, since, state, direction ?? '', group ?? '', from, to, rule ?? ''];
  });
  await write(table(headings, rows));
}

/** Pauses, resumes, stops or starts a recording; ends with 1 when that was not done. */
export async function control(what: Control, id: string, options: Options): Promise<void> {
  const { config } = await loadConfig(options.config);
  const request: ControlRequest = { id, control: what, actor: `cli:${userInfo().username}` };
  const { talk, problem } = (await askRunning(controlSocketOf(config), '/control', request)) as ControlAnswer;
  if (problem !== undefined) process.exitCode = exitCodes.wrong;
  if (options.json === true) {
    const { timezone } = config.pbx;
    await writeLines(toJson(controlJson({ talk, problem }, timezone)));
  } else {
    await writeLines(problem === undefined ? `${talk?.id ?? id}: ${talk?.state ?? ''}` : problem);
  }
}

/** Times are ISO 8601 in the time zone of the PBX; what is not known is null. */
export function talkJson(talk: LiveTalk, timeZone: string) {
  return {
    id: talk.id ?? null,
    call_id: talk.callId,
    group: talk.group ?? null,
    direction: talk.direction ?? null,
    from: talk.from,
    to: talk.to,
    start: isoWithOffset(talk.startedAt, timeZone),
    state: talk.state,
    rule: talk.rule ?? null,
  };
}

/** What came of it, as `pause`, `resume`, `stop` and `start` print it. */
export function controlJson({ talk, problem }: ControlAnswer, timeZone: string) {
  const view = { done: problem === undefined, problem: problem ?? null };
  return { ...view, talk: talk ? talkJson(talk, timeZone) : null };
}
