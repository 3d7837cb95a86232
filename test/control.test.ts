import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ask } from '../src/cli/control-client.ts';
import { ControlSocket, type Answers } from '../src/control-socket.ts';
import { eventually } from './live/eventually.ts';

let folder: string;
let path: string;
const ends: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-control-'));
  path = join(folder, 'control.sock');
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await rm(folder, { recursive: true, force: true });
});

async function listening(answers: Answers = {}): Promise<ControlSocket> {
  const control = new ControlSocket(path, answers);
  await control.start();
  ends.push(() => control.stop());
  return control;
}

/** Rights of a file; none where there is no file yet. */
function modeOf(file: string): readonly number[] {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? [found.mode & 0o777] : [];
}

/** Somebody else who listens on the socket, and does with who comes what the test says. */
async function impostor(meet: (socket: Socket) => void): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    meet(socket);
  });
  server.listen(path);
  await once(server, 'listening');
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

describe('asking the running process', () => {
  test('gives what it answers', async () => {
    await listening({ 'GET /status': () => Promise.resolve({ name: 'Zoë 北京', calls: [1, null] }) });
    expect(await ask(path, '/status')).toEqual({ name: 'Zoë 北京', calls: [1, null] });
  });

  test('gives nothing where none runs', async () => {
    expect(await ask(path, '/status')).toBeUndefined();
    expect(await ask(join(path, 'below'), '/status')).toBeUndefined();
  });

  test('gives nothing where one was killed', async () => {
    await leaveBehind();
    expect(await ask(path, '/status')).toBeUndefined();
  });

  test.each(['/unknown', '/__proto__', '/constructor', '/'])('about %s fails', async (url) => {
    await listening({ 'GET /status': () => Promise.resolve({}) });
    await expect(ask(path, url)).rejects.toMatchObject({
      code: 'control-no-answer',
      fault: 'defect',
      message: expect.stringContaining('404') as string,
    });
  });

  test('fails when the process cannot say, and the process goes on', async () => {
    await listening({
      'GET /status': () => Promise.reject(new Error('the catalogue is closed')),
      'GET /other': () => Promise.resolve(1),
    });
    await expect(ask(path, '/status')).rejects.toMatchObject({ code: 'control-no-answer' });
    expect(await ask(path, '/other')).toBe(1);
  });

  test('fails in time when nothing is answered', async () => {
    await impostor(() => undefined);
    const before = performance.now();
    await expect(ask(path, '/status')).rejects.toMatchObject({
      code: 'control-no-answer',
      message: expect.stringContaining('it does not answer') as string,
    });
    expect(performance.now() - before).toBeLessThan(6_500);
  });

  test.each(['', 'no HTTP', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno!'])(
    'fails when %j is answered',
    async (answer) => {
      await impostor((socket) => socket.end(answer));
      await expect(ask(path, '/status')).rejects.toMatchObject({ code: 'control-no-answer' });
    },
  );
});

describe('the socket', () => {
  test('is for its owner only from the moment on in which it is there', async () => {
    await writeFile(join(folder, 'before'), '');
    const modes: number[] = [];
    // Looked at in every turn of the event loop: listen(2) and a chmod(2) after it would be turns apart.
    const look = (): void => {
      modes.push(...modeOf(path));
      if (modes.length < 5) setImmediate(look);
    };
    look();
    await listening();
    await eventually(() => modes.length >= 5);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    await writeFile(join(folder, 'after'), '');
    expect((await stat(join(folder, 'after'))).mode).toBe((await stat(join(folder, 'before'))).mode);
  });

  test('does what it is asked for with a body, and gives what came of it', async () => {
    await listening({ 'POST /control': (body) => Promise.resolve({ heard: body }) });
    expect(await ask(path, '/control', { id: 'Zoë' })).toEqual({ heard: { id: 'Zoë' } });
    await expect(ask(path, '/control', 'x'.repeat(20_000))).rejects.toMatchObject({
      code: 'control-no-answer',
    });
  });

  test('tells GET from POST', async () => {
    let asked = 0;
    await listening({ 'GET /status': () => Promise.resolve((asked += 1)) });
    const post = request({ socketPath: path, path: '/status', method: 'POST' }).end();
    const [response] = (await once(post, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(404);
    expect(asked).toBe(0);
  });

  test('lets no second process in, and the first goes on', async () => {
    await listening({ 'GET /status': () => Promise.resolve('first') });
    const second = new ControlSocket(path, { 'GET /status': () => Promise.resolve('second') });
    await expect(second.start()).rejects.toMatchObject({ code: 'already-running', fault: 'configuration' });
    await second.stop();
    expect(await ask(path, '/status')).toBe('first');
  });

  test('lets one in of many that start at once', async () => {
    const starts = Array.from({ length: 8 }, async () => {
      const control = new ControlSocket(path, { 'GET /status': () => Promise.resolve('one') });
      ends.push(() => control.stop());
      return control.start();
    });
    const results = await Promise.allSettled(starts);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await ask(path, '/status')).toBe('one');
  });

  test('of a process that was killed is taken over', async () => {
    await leaveBehind();
    await listening({ 'GET /status': () => Promise.resolve('next') });
    expect(await ask(path, '/status')).toBe('next');
  });

  test('takes the place of a file that is none', async () => {
    await writeFile(path, '');
    await listening({ 'GET /status': () => Promise.resolve('next') });
    expect(await ask(path, '/status')).toBe('next');
  });

  test('is gone when it was stopped, and can be opened again', async () => {
    const control = await listening({ 'GET /status': () => Promise.resolve(1) });
    await control.stop();
    await control.stop();
    await expect(stat(path)).rejects.toThrow('ENOENT');
    await listening({ 'GET /status': () => Promise.resolve(2) });
    expect(await ask(path, '/status')).toBe(2);
  });

  test('can be stopped while somebody waits for an answer', async () => {
    const control = await listening({ 'GET /status': () => new Promise(() => undefined) });
    const asking = ask(path, '/status').catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = performance.now();
    await control.stop();
    expect(performance.now() - before).toBeLessThan(500);
    expect(await asking).toMatchObject({ code: 'control-no-answer' });
  });
});

/** Leaves a socket on which nobody listens any more. */
async function leaveBehind(): Promise<void> {
  const source = `require('node:net').createServer().listen(${JSON.stringify(path)})`;
  const child = spawn(process.execPath, ['-e', source], { stdio: 'ignore' });
  await eventually(() => stat(path));
  child.kill('SIGKILL');
  await once(child, 'close');
}
