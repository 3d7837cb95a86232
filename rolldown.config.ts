import { defineConfig } from 'rolldown';

/** What the program is started from, and what it starts in a thread. */
const entries = ['cli/program', 'catalogue/search-worker'];
/** What a benchmark runs by itself. */
const measured = ['catalogue/sqlite', 'delivery/targets', 'delivery/uploader'];

/**
 * Packages of many small modules that every start reads. To find and read a thousand files took most of the time in
 * which nobody watches the calls after a restart; all others are read as they were installed.
 */
const bundled = /^(?:commander|croner|csv-parse|csv-stringify|kysely|yaml|zod)(?:\/|$)/;
const isOurs = /^[./]/;

/** The program, in a few files. Its types are checked by tsc, the console is vite.config.ts's. */
export default defineConfig({
  input: Object.fromEntries([...entries, ...measured].map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  logLevel: 'warn',
  external: (id) => !isOurs.test(id) && !bundled.test(id),
  output: {
    dir: 'dist',
    sourcemap: true,
    entryFileNames: '[name].js',
    // Of two builds none takes a part of the other: a running program reads some of them later.
    chunkFileNames: 'parts/[name]-[hash].js',
  },
});
