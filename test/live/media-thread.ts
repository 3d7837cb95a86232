// The thread that media.ts starts: audio every 20 ms must not wait for what a test computes meanwhile.
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { codecs } from './codecs.ts';
import { MediaStream } from './media-stream.ts';
import type { MediaReply, MediaRequest } from './media.ts';

const tickMs = 5;
// Audio that stutters because compilers run beside it would be taken for the recorder's fault.
const aheadOfOthers = -15;

const streams = new Map<number, MediaStream>();

function reply(message: MediaReply): void {
  parentPort?.postMessage(message);
}

async function open(request: MediaRequest & { do: 'open' }): Promise<void> {
  const stream = new MediaStream(request.hz, codecs[request.codec]);
  const port = await stream.open(request.address);
  streams.set(request.stream, stream);
  reply({ stream: request.stream, opened: port });
}

parentPort?.on('message', (request: MediaRequest) => {
  if (request.do === 'open') {
    open(request).catch((error: unknown) => {
      reply({ stream: request.stream, failed: String(error) });
    });
    return;
  }
  const stream = streams.get(request.stream);
  if (request.do === 'start') stream?.start(request.peer);
  if (request.do === 'pause') stream?.pause();
  if (request.do === 'tune') stream?.tune(request.hz);
  if (request.do === 'press') stream?.press(request.key, request.by);
  if (request.do === 'close') {
    streams.delete(request.stream);
    reply({ stream: request.stream, heard: stream?.close() ?? new Int16Array() });
  }
});

try {
  // On Linux this means the calling thread alone; only root may.
  setPriority(0, aheadOfOthers);
} catch {
  // Then it has to do without.
}

setInterval(() => {
  const now = performance.now();
  for (const stream of streams.values()) stream.tick(now);
}, tickMs);
