import { readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import { defineConfig, type Plugin } from 'vite';

const folder = join(import.meta.dirname, 'dist/console');
/** What is not compressed by itself. */
const compressible = new Set(['.css', '.html', '.js', '.svg']);
/** Below this, what a header costs is more than what is won. */
const leastBytes = 1_000;

/** The console: what the server gives to the browser. Its tests are vitest.config.ts's. */
export default defineConfig({
  root: join(import.meta.dirname, 'src/web/console'),
  base: '/',
  plugins: [compressedBeside()],
  build: {
    outDir: folder,
    emptyOutDir: true,
    target: 'es2022',
    // Everything is a file of its own: the Content-Security-Policy takes nothing that is written into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      onLog(level, log, handle) {
        // The library marks its files for servers that render pages; here there is none.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
});

/** Each file once more as .br and .gz: the server sends what the browser takes, and compresses nothing itself. */
function compressedBeside(): Plugin {
  return {
    name: 'compressed-beside',
    apply: 'build',
    async closeBundle() {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !compressible.has(extname(entry.name))) continue;
        const path = join(entry.parentPath, entry.name);
        const content = await readFile(path);
        if (content.length < leastBytes) continue;
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        await writeFile(`${path}.br`, await promisify(brotliCompress)(content, { params: quality }));
        await writeFile(
          `${path}.gz`,
          await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }),
        );
      }
    },
  };
}
