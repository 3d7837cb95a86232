import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { FolderTarget } from '../../src/delivery/folder.ts';
import { expectToHelp, Local, patterned, thrownBy } from './contract.ts';
import { InContainer } from './folder.fixture.ts';

let local: Local;
let path: string;

beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'mitschnitt-folder-'));
  return () => rm(path, { recursive: true });
});

const target = (below = '') => new FolderTarget('archiv', { type: 'folder', path: join(path, below) });

test('a root that is gone is not made: below a share that is not mounted it would fill the local disk', async () => {
  const upload = await local.upload({ folder: '2026/04' });
  expect(await thrownBy(target('share').put(upload))).toMatchObject({ code: 'folder-missing' });
  expect(await readdir(path)).toEqual([]);
});

test('a root that is a file is told apart', async () => {
  await writeFile(join(path, 'share'), '');
  expect(await thrownBy(target('share').put(await local.upload({})))).toMatchObject({ code: 'not-a-folder' });
});

test('a link under the final name is neither followed nor replaced', async () => {
  const upload = await local.upload({});
  await writeFile(join(path, 'other'), 'other');
  await symlink('other', join(path, upload.name));
  expect(await thrownBy(target().put(upload))).toMatchObject({ code: 'name-taken' });
  expect(await readFile(join(path, 'other'), 'utf8')).toBe('other');
});

test('a name that is too long can never be stored', async () => {
  const upload = await local.upload({ name: 'x'.repeat(300) });
  const thrown = await thrownBy(target().put(upload));
  expectToHelp(thrown, 'archiv', []);
  expect(thrown).toMatchObject({ code: 'name-refused', retry: false });
});

test('a file system that is read-only is told', async () => {
  const frozen = new InContainer('archiv', ['--read-only'], '/srv');
  const thrown = await thrownBy(frozen.put(await local.upload({})));
  expectToHelp(thrown, 'archiv', []);
  expect(thrown).toMatchObject({ code: 'read-only', fault: 'configuration', retry: true });
});

test('a file system without hard links gets the file all the same, and never loses another', async () => {
  const profile = join(path, 'seccomp.json');
  const noLinks = { names: ['link', 'linkat'], action: 'SCMP_ACT_ERRNO' };
  await writeFile(profile, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [noLinks] }));
  const share = await mkdtemp(join(path, 'share-'));
  const linkless = new InContainer(
    'archiv',
    ['--security-opt', `seccomp=${profile}`, '--volume', `${share}:/share`],
    '/share',
  );
  const upload = await local.upload({ content: patterned(1000) });
  expect(await linkless.put(upload)).toEqual({ how: 'stored', confirmedBy: 'sha256' });
  expect(await linkless.put(upload)).toEqual({ how: 'already-there', confirmedBy: 'sha256' });
  const other = await local.upload({ content: patterned(1000, 1), name: upload.name });
  expect(await thrownBy(linkless.put(other))).toMatchObject({ code: 'name-taken' });
  expect(await readdir(share)).toEqual([upload.name]);
  expect(await readFile(join(share, upload.name))).toEqual(patterned(1000));
});
