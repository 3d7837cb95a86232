import type { FastifyReply } from 'fastify';

import { ApiFailure } from './failure.ts';
import type { EventSink } from './event-hub.ts';

/** A client that reads nothing for so long that this much waits for it is let go. */
const mostWaiting = 1_000_000;

/** Server-sent events for as long as the client stays. `join` returns what ends it; undefined: it is not let in. */
export function sendEvents(
  reply: FastifyReply,
  join: (sink: EventSink) => (() => void) | undefined,
): FastifyReply {
  const { raw } = reply;
  const begun: string[] = [];
  let isOpen = false;
  const sink: EventSink = {
    write: (text) => {
      if (!isOpen) begun.push(text);
      else if (raw.writableLength < mostWaiting) raw.write(text);
      else return false;
      return !raw.destroyed;
    },
    end: () => raw.end(),
  };
  const leave = join(sink);
  if (!leave)
    throw new ApiFailure(429, 'too-many-attempts', 'too many pages are open', '', { retry_after: 60 });
  reply.hijack();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // nginx would keep back what comes.
    'x-accel-buffering': 'no',
  });
  isOpen = true;
  raw.write(begun.join(''));
  raw.on('close', leave);
  raw.on('error', leave);
  return reply;
}
