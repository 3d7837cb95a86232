import type { Delivery, DeliveryFilter, DueDelivery } from '../catalogue/catalogue.ts';
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

const headings = ['recording', 'file', 'target', 'state', 'attempts', 'next', 'last error', 'what to do'];

/** Lists the deliveries that have not got there: what is set aside first, it waits for a person. */
export async function deliveries(options: DeliveriesOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const { timezone } = config.pbx;
  const { state, target } = options;
  const states = state === undefined ? everyState : [state];
  await withCatalogue(config, async (catalogue) => {
    const listed = chained(states.map((each) => catalogue.deliveries({ state: each, target })));
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

async function* chained(lists: readonly AsyncIterable<DueDelivery>[]): AsyncIterable<DueDelivery> {
  for (const list of lists) yield* list;
}

async function* viewed<View>(
  list: AsyncIterable<DueDelivery>,
  view: (due: DueDelivery) => View,
): AsyncIterable<View> {
  for await (const due of list) yield view(due);
}

/** A line of the listing. Times are ISO 8601 in the time zone of the PBX; what is not known is null. */
export function dueJson({ delivery, recording }: DueDelivery, timeZone: string) {
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

/** The recording is there, and only its sidecar is missing. */
function arrived({ confirmedBy }: Delivery): boolean {
  return confirmedBy !== undefined;
}

function row({ delivery, recording }: DueDelivery, timeZone: string): string[] {
  const { state, attempts, dueAt, name, problem, target } = delivery;
  const next = state === 'pending' && dueAt > 0 ? localDateTime(dueAt, timeZone) : '';
  const shown = arrived(delivery) ? `${state}, sidecar only` : state;
  return [
    recording.id,
    name,
    target,
    shown,
    String(attempts),
    next,
    problem?.message ?? '',
    problem?.hint ?? '',
  ];
}
