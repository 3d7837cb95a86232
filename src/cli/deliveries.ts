import type {
  Catalogue,
  Delivery,
  DeliveryFilter,
  DueDelivery,
  ReportIssue,
} from '../catalogue/catalogue.ts';
import { loadConfig } from '../config/load.ts';
import { localDateTime } from '../recording/local-time.ts';
import { deliveryJson } from '../report/record-json.ts';
import { jsonArray, write } from './output.ts';
import { table } from './table.ts';
import { withCatalogue } from './with-catalogue.ts';

export interface DeliveriesOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly state?: DeliveryFilter['state'];
  readonly target?: string;
}

const everyState: readonly DeliveryFilter['state'][] = ['set-aside', 'pending'];

/** What has not got there: a recording, or a report. */
type Waiting = DueDelivery | { readonly issue: ReportIssue };

const headings = ['recording', 'file', 'target', 'state', 'attempts', 'next', 'last error', 'what to do'];

/** Lists the deliveries that have not got there: what is set aside first, it waits for a person. */
export async function deliveries(options: DeliveriesOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const { timezone } = config.pbx;
  const { state, target } = options;
  const states = state === undefined ? everyState : [state];
  await withCatalogue(config, async (catalogue) => {
    const listed = waiting(catalogue, states, target);
    const view =
      options.json === true
        ? jsonArray(viewed(listed, (due) => dueJson(due, timezone)))
        : table(
            headings,
            viewed(listed, (due) => row(due, timezone)),
          );
    await write(view);
  });
}

/** By state; the recordings first. */
async function* waiting(
  catalogue: Pick<Catalogue, 'deliveries' | 'unfinishedIssues'>,
  states: readonly DeliveryFilter['state'][],
  target: string | undefined,
): AsyncIterable<Waiting> {
  for (const state of states) {
    yield* catalogue.deliveries({ state, target });
    for (const issue of await catalogue.unfinishedIssues())
      if (issue.state === state && (target === undefined || issue.target === target)) yield { issue };
  }
}

async function* viewed<View>(
  list: AsyncIterable<Waiting>,
  view: (due: Waiting) => View,
): AsyncIterable<View> {
  for await (const due of list) yield view(due);
}

/** A line of the listing. Times are ISO 8601 in the time zone of the PBX; what is not known is null. */
export function dueJson(due: Waiting, timeZone: string) {
  const isReport = 'issue' in due;
  const what = isReport ? ('report' as const) : ('recording' as const);
  return { what, ...(isReport ? reportJson(due.issue, timeZone) : recordingJson(due, timeZone)) };
}

function recordingJson({ delivery, recording }: DueDelivery, timeZone: string) {
  const { id, callId, group, folder, bytes } = recording;
  const facts = deliveryJson(delivery, timeZone);
  return {
    recording: id,
    call_id: callId,
    group,
    folder,
    bytes,
    ...facts,
    recording_arrived: arrived(delivery),
  };
}

/** It has the keys of a recording: `retry` takes its id. */
function reportJson(issue: ReportIssue, timeZone: string) {
  const { id, bytes } = issue;
  return {
    ...{ recording: id, call_id: '', group: '', folder: '', bytes },
    ...deliveryJson({ ...issue, recording: id, confirmedBy: undefined }, timeZone),
    recording_arrived: false,
  };
}

/** The recording is there, and only its sidecar is missing. */
function arrived({ confirmedBy }: Delivery): boolean {
  return confirmedBy !== undefined;
}

function row(due: Waiting, timeZone: string): string[] {
  const delivery = 'issue' in due ? due.issue : due.delivery;
  const id = 'issue' in due ? due.issue.id : due.recording.id;
  const { state, attempts, dueAt, name, problem, target } = delivery;
  const next = state === 'pending' && dueAt > 0 ? localDateTime(dueAt, timeZone) : '';
  const shown = !('issue' in due) && arrived(due.delivery) ? `${state}, sidecar only` : state;
  return [id, name, target, shown, String(attempts), next, problem?.message ?? '', problem?.hint ?? ''];
}
