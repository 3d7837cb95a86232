import type { Deletion } from '../catalogue/retention-ledger.ts';
import { loadConfig } from '../config/load.ts';
import { isoWithOffset, localDateTime } from '../recording/local-time.ts';
import { jsonArray, write } from './output.ts';
import { table } from './table.ts';
import { withCatalogue } from './with-catalogue.ts';

export interface DeletionsOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly erasure?: string;
}

const headings = ['at', 'id', 'what', 'target', 'result', 'reason', 'by', 'erasure'];

/** Lists what was deleted, the newest first. */
export async function deletions(options: DeletionsOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const { timezone } = config.pbx;
  await withCatalogue(config, async (catalogue) => {
    const listed = catalogue.deletions(options.erasure);
    const view =
      options.json === true
        ? jsonArray(each(listed, (deletion) => deletionJson(deletion, timezone)))
        : table(
            headings,
            each(listed, (deletion) => row(deletion, timezone)),
          );
    await write(view);
  });
}

async function* each<View>(
  list: AsyncIterable<Deletion>,
  view: (deletion: Deletion) => View,
): AsyncIterable<View> {
  for await (const deletion of list) yield view(deletion);
}

/** A line of the listing. Times are ISO 8601 in the time zone of the PBX. */
export function deletionJson(deletion: Deletion, timeZone: string) {
  const { at, subject, what, target, result, reason, actor, erasure } = deletion;
  const when = isoWithOffset(at, timeZone);
  return {
    ...{ at: when, id: subject, what, target: target ?? null, result },
    ...{ reason, by: actor, erasure: erasure ?? null },
  };
}

function row(deletion: Deletion, timeZone: string): string[] {
  const { at, subject, what, target, result, reason, actor, erasure } = deletion;
  return [localDateTime(at, timeZone), subject, what, target ?? '', result, reason, actor, erasure ?? ''];
}
