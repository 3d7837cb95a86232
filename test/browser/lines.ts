import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { closedCallOf, sampleRecord, sampleRecording } from '../catalogue/sample.ts';
import type { CallRecord } from '../../src/recording/recording.ts';
import type { RunningConsole } from '../web/started-console.ts';
import { wavOf } from '../web/wav.ts';

/** Adds a call that is over to the list, as the program would; one that was recorded has audio of `talkMs`. */
export async function addLine(
  { catalogue, folder }: Pick<RunningConsole, 'catalogue' | 'folder'>,
  id: string,
  change: Partial<CallRecord>,
): Promise<void> {
  const record = sampleRecord(id, { talkMs: 2_000, file: `${id}.wav`, ...change });
  const call = closedCallOf(record);
  const { group, direction, from, to, callId, startedAt, talkMs, verdict } = record;
  const segments = call.segments.map((segment) => ({
    ...segment,
    ...{ id, group, direction, from, to, startedAt, verdict, endedAt: startedAt + talkMs },
  }));
  if (record.file !== undefined) {
    const { content, sha256 } = wavOf(talkMs);
    await writeFile(join(folder, 'spool/transfer', `${id}.wav`), content);
    const facts = { group, direction, from, to, callId, startedAt, sha256, bytes: content.length };
    const times = { endedAt: startedAt + talkMs, durationMs: talkMs };
    await catalogue.addRecording(sampleRecording(id, { ...facts, ...times, name: record.file }), ['archiv']);
  }
  await catalogue.closeCall({ ...call, startedAt, segments }, [record]);
}
