/**
 * `GET /api/v1/events`: server-sent events (text/event-stream), each `event: <name>` with one JSON object as `data`.
 * After connecting comes `hello`, then every live call as `call`, then what changes, within a second. A connection that
 * breaks is made again by the browser; everything is sent anew then, so that nothing needs an id. Each person gets only
 * what their groups allow. `event: signed-out` ends the stream when the session ends. A comment line is sent every 15 s.
 */
import { z } from 'zod';

import { alarm, asterisk, liveCall, storageNow, targetState } from './overview.ts';
import { selfTest } from './operations.ts';
import { id, name, outcome, time } from './shapes.ts';

export const events = {
  /** What was known before is void. */
  hello: z.object({ version: z.string(), now: time }),
  /** A live call as it stands now: new, or changed; entries are told apart by `key`. */
  call: liveCall,
  /** It is not live any more. */
  'call-over': z.object({ key: id }),
  /** A line was added to the list. For a list that is open: show that there is more, or read it again. */
  record: z.object({ id, call_id: id, group: name, outcome, start: time }),
  /** Something about a line changed: deliveries, notes, hold. Sent as each delivery succeeds or fails, and when somebody changed it. */
  'record-changed': z.object({ id }),
  asterisk,
  /** Administrators and auditors. */
  storage: storageNow,
  target: targetState,
  /** It was taken out of the configuration, or has another name. */
  'target-over': z.object({ name }),
  /** All that stand, in place of those known before. */
  alarms: z.object({ alarms: z.array(alarm) }),
  /** Administrators and auditors: each step as it is done. */
  selftest: selfTest,
  /** Administrators and auditors: another revision is in the file, or in force. */
  configuration: z.object({ revision: z.string(), by: z.string().nullable() }),
  announcements: z.object({}),
  'signed-out': z.object({}),
} as const;

export type EventName = keyof typeof events;
export type EventData<Name extends EventName> = z.infer<(typeof events)[Name]>;
