import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';

/** A loopback network of one test file or demo: `prefix` is '127.0.N.', to which 1..254 is appended. */
export interface Net {
  readonly prefix: string;
  readonly release: () => Promise<void>;
}

// 127.0.0. is everybody's, and low numbers are what people pick by hand.
const firstNet = 130;
const lastNet = 250;
// No party uses .254, so that holding its port marks the network as taken. A listening socket needs no
// clean-up of stale locks: the kernel closes it with the process, however that ends.
const lockHost = 254;
const lockPort = 5999;

/** Hands out a loopback network that no other live process of this machine holds. */
export async function takeNet(): Promise<Net> {
  const count = lastNet - firstNet + 1;
  // Starting at different places keeps parallel test files from queueing at the same number.
  const offset = process.pid % count;
  for (let step = 0; step < count; step += 1) {
    const prefix = `127.0.${String(firstNet + ((offset + step) % count))}.`;
    const lock = await listen(`${prefix}${String(lockHost)}`);
    if (lock === undefined) continue;
    // A crashed run may have left its containers behind on this network.
    if (await isFree(`${prefix}1`, 5060)) return { prefix, release: () => close(lock) };
    await close(lock);
  }
  throw new Error('no loopback network is free: are containers of crashed runs left (docker ps)?');
}

function listen(host: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ host, port: lockPort, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.close(() => {
        resolve(true);
      });
    });
  });
}
