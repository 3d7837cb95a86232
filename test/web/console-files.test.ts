// How the files of the console are sent.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';

import { serveConsole } from '../../src/web/console-files.ts';

test('files that the build compressed are sent so to who takes that, and as they are to others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-files-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'assets'));
  const [page, script] = ['<!doctype html><title>Mitschnitt</title>', 'export const words = 1;'];
  for (const [name, content] of [
    ['index.html', page],
    ['assets/a-123.js', script],
  ] as const) {
    await writeFile(join(folder, name), content);
    await writeFile(join(folder, `${name}.br`), brotliCompressSync(content));
    await writeFile(join(folder, `${name}.gz`), gzipSync(content));
  }
  const app = fastify();
  onTestFinished(() => app.close());
  await serveConsole(app, folder);
  const ask = (url: string, encoding: string) =>
    app.inject({ url, headers: { accept: 'text/html', 'accept-encoding': encoding } });
  for (const [encoding, content] of [
    ['br', brotliCompressSync(script)],
    ['gzip', gzipSync(script)],
  ] as const) {
    const answer = await ask('/assets/a-123.js', encoding);
    expect(answer.headers).toMatchObject({
      ...{ 'content-encoding': encoding, vary: 'accept-encoding' },
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect(answer.headers['content-type']).toContain('javascript');
    expect(answer.rawPayload).toEqual(content);
  }
  const plain = await ask('/assets/a-123.js', 'identity');
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(plain.body).toBe(script);
  // Any address of a page is the first page.
  const deep = await ask('/recordings/17', 'br');
  expect(deep.headers).toMatchObject({ 'content-encoding': 'br', 'cache-control': 'no-cache' });
  expect(deep.rawPayload).toEqual(brotliCompressSync(page));
});
