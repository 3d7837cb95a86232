import { join } from 'node:path';

import { defineConfig } from 'vite';

/** The console: what the server gives to the browser. Its tests are vitest.config.ts's. */
export default defineConfig({
  root: join(import.meta.dirname, 'src/web/console'),
  base: '/',
  build: {
    outDir: join(import.meta.dirname, 'dist/console'),
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
