import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';

import type { controlJson, talkJson } from '../../src/cli/calls.ts';
import type { Checked } from '../../src/cli/check.ts';
import type { cleanupJson } from '../../src/cli/cleanup.ts';
import type { deletionJson } from '../../src/cli/deletions.ts';
import type { dueJson } from '../../src/cli/deliveries.ts';
import type { selfTestJson } from '../../src/cli/selftest-json.ts';
import type { statusJson, targetJson } from '../../src/cli/status-json.ts';
import type { uploadsJson } from '../../src/cli/uploads-json.ts';
import type { findingJson } from '../../src/cli/verify.ts';
import type { statementJson } from '../../src/reconciliation/statement-json.ts';
import { recordJson } from '../../src/report/record-json.ts';
import type { Certificate } from '../../src/retention/certificate.ts';
import type { ErasureFound } from '../../src/retention/eraser.ts';
import type { userJson } from '../../src/cli/users.ts';
import type { HoldAnswer } from '../../src/retention/hold-requests.ts';
import type { RetryAnswer } from '../../src/uploads.ts';
import { closedCallOf, sampleRecord } from '../catalogue/sample.ts';
import * as kept from './json/kept.ts';
import * as live from './json/live.ts';
import { page, printed } from './json/page.ts';

const root = join(import.meta.dirname, '../..');

/** A type as JSON has it: nothing is read-only there, and what is undefined is absent. */
type Plain<Type> = Type extends readonly (infer Element)[]
  ? Plain<Element>[]
  : Type extends object
    ? { -readonly [Key in keyof Type]: Plain<Exclude<Type[Key], undefined>> }
    : Type;

/** What a function makes, and what a form describes, as one compares with the other. */
type Made<Make extends (...args: never[]) => unknown> = Plain<ReturnType<Make>>;
type Told<Form extends z.ZodType> = Plain<z.infer<Form>>;

describe('docs/json.md', () => {
  test('is what the forms say now (vitest run test/cli/json.test.ts -u brings it up to date)', async () => {
    const file = join(root, 'docs/json.md');
    const formatted = await format(page(), { ...(await resolveConfig(file)), filepath: file });
    await expect(formatted).toMatchFileSnapshot(file);
  });

  test('has every verb that takes --json, and no other', async () => {
    const manual = await readFile(join(root, 'man/mitschnitt.1'), 'utf8');
    const sections = manual.split(/^\.SS /m).slice(1);
    const taking = sections.filter((section) => section.includes('\\-\\-json'));
    const verbs = taking.map((section) => /^"mitschnitt (\S+)/.exec(section)?.[1]);
    expect(printed.flatMap((each) => each.verbs).sort()).toEqual(verbs.sort());
  });

  test('tells the meaning of every value', () => {
    const silent = page()
      .split('\n')
      .filter((line) => /^- `\S+`: (?!array of objects|object)[^.]+$/.test(line));
    expect(silent).toEqual([]);
  });
});

describe('the forms', () => {
  test('are those of the program (the compiler looks)', () => {
    expectTypeOf<Plain<Checked>>().toEqualTypeOf<Told<typeof live.checked>>();
    expectTypeOf<Plain<{ running: true } & ReturnType<typeof statusJson>>>().toEqualTypeOf<
      Told<typeof live.status.running>
    >();
    expectTypeOf<Made<typeof targetJson>>().toEqualTypeOf<Told<typeof live.target>>();
    expectTypeOf<Made<typeof talkJson>>().toEqualTypeOf<Told<typeof live.talk>>();
    expectTypeOf<Made<typeof controlJson>>().toEqualTypeOf<Told<typeof live.control>>();
    expectTypeOf<Made<typeof selfTestJson>>().toEqualTypeOf<Told<typeof live.selftest>>();
    expectTypeOf<Made<typeof cleanupJson>>().toEqualTypeOf<Told<typeof live.cleanup>>();
    expectTypeOf<Made<typeof userJson>>().toEqualTypeOf<Told<typeof kept.user>>();
    expectTypeOf<Made<typeof recordJson>>().toEqualTypeOf<Told<typeof kept.recording>>();
    expectTypeOf<Made<typeof findingJson>>().toEqualTypeOf<Told<typeof kept.finding>>();
    expectTypeOf<Made<typeof statementJson>>().toEqualTypeOf<Told<typeof kept.statement>>();
    expectTypeOf<Made<typeof uploadsJson>>().toEqualTypeOf<Told<typeof live.uploads>[]>();
    expectTypeOf<Made<typeof dueJson>>().toEqualTypeOf<Told<typeof kept.due>>();
    expectTypeOf<Plain<RetryAnswer>>().toEqualTypeOf<Told<typeof live.retry>>();
    expectTypeOf<Plain<{ subject: string } & HoldAnswer>>().toEqualTypeOf<Told<typeof live.hold>>();
    expectTypeOf<Plain<Certificate>>().toEqualTypeOf<Told<typeof kept.certificate>>();
    expectTypeOf<ErasureFound['member']>().toEqualTypeOf<Found['member']>();
    expectTypeOf<Plain<Found>>().toEqualTypeOf<Told<typeof kept.found>>();
    expectTypeOf<Made<typeof deletionJson>>().toEqualTypeOf<Told<typeof kept.deletion>>();
  });

  test('take what is printed', () => {
    const record = sampleRecord('r1');
    const printedRecord = recordJson(
      { ...record, call: closedCallOf(record), deliveries: [] },
      'Europe/Zurich',
    );
    expect(kept.recording.parse(printedRecord)).toEqual(printedRecord);
  });
});

/** JSON leaves out what is undefined. */
type Found = Omit<ErasureFound, 'member'> & { readonly number: string; readonly member?: string };
