import { access } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

import { notFound } from './failure.ts';

const notBuilt = `<!doctype html><meta charset="utf-8"><title>Mitschnitt</title>
<h1>Mitschnitt</h1><p>The console was not built. The API is at <a href="/api/v1/openapi.json">/api/v1</a>.</p>`;

/** The files of the console; whatever else is asked for is its first page, which knows its own addresses. */
export async function serveConsole(app: FastifyInstance, folder: string): Promise<void> {
  const isBuilt = await access(join(folder, 'index.html')).then(
    () => true,
    () => false,
  );
  if (!isBuilt) {
    app.get('/', (_request, reply) => reply.type('text/html').send(notBuilt));
    app.setNotFoundHandler(() => {
      throw notFound();
    });
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    dotfiles: 'ignore',
    // The build made them.
    preCompressed: true,
    setHeaders: (reply, path) => {
      // Built files have their content in their name; the first page must be asked for each time.
      const isNamed = path.startsWith(join(folder, 'assets'));
      reply.header('cache-control', isNamed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.setNotFoundHandler(async (request, reply) => {
    const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    if (!wantsPage || request.url.startsWith('/api/')) throw notFound();
    return await reply.sendFile('index.html');
  });
}
