import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';
import { describe, expect, test } from 'vitest';

import { reference } from '../../src/config/reference.ts';

const file = join(import.meta.dirname, '../../docs/configuration.md');

describe('docs/configuration.md', () => {
  test('is what the schema says now (vitest run test/config/reference.test.ts -u brings it up to date)', async () => {
    const formatted = await format(reference(), { ...(await resolveConfig(file)), filepath: file });
    await expect(formatted).toMatchFileSnapshot(file);
  });
});
