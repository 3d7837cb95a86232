import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { inspect } from 'node:util';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { isUsableName } from '../../src/delivery/smb-names.ts';
import { SmbTarget, type SmbLimits, type SmbSettings } from '../../src/delivery/smb.ts';
import { eventually } from '../live/eventually.ts';
import { takeNet, type Net } from '../live/net.ts';
import { SmbServer, type SmbOptions } from '../live/smb.ts';
import { nasty } from '../nasty.ts';
import { expectToHelp, Local, patterned, sha256, thrownBy } from './contract.ts';
import { reach } from './smb.fixture.ts';
import { Tap } from './tap.ts';

const secret = 'Tr0ub4dor&3';
const patient: SmbLimits = { answerMs: 10_000, idleMs: 5_000 };

let local: Local;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());

describe('a Samba server', () => {
  let net: Net;
  let root: string;
  let server: SmbServer;
  let right: SmbSettings;
  beforeAll(async () => {
    net = await takeNet();
    root = await mkdtemp(join(tmpdir(), 'mitschnitt-smb-'));
    server = await SmbServer.start({ net: net.prefix, root });
    right = reach(server);
  });
  afterAll(async () => {
    await server.stop();
    await rm(root, { recursive: true });
    await net.release();
  });
  beforeEach(async () => {
    for (const entry of await readdir(root)) await rm(join(root, entry), { recursive: true });
  });

  const target = (changes: Partial<SmbSettings> = {}, limits = patient) =>
    new SmbTarget('archiv', { ...right, ...changes }, limits);
  const told = async (changes: Partial<SmbSettings>) => {
    const one = target(changes);
    const thrown = await thrownBy(one.put(await local.upload({})));
    await one.close();
    expectToHelp(thrown, 'archiv', [server.password, secret]);
    return thrown as Error & { readonly code: string; readonly hint: string };
  };

  describe('tells what is wrong with the', () => {
    test('share', async () => {
      expect(await told({ share: 'nowhere' })).toMatchObject({
        code: 'share-missing',
        fault: 'configuration',
      });
    });
    test('host', async () => {
      const { code } = await told({ host: 'nowhere.invalid' });
      // Without any name server it cannot even be known that there is none.
      expect(['host-unknown', 'name-service-down']).toContain(code);
    });
    test.each([
      ['smbpasswd -d', 'account-disabled', 'smbpasswd -e'],
      ["pdbedit -c '[L]'", 'account-locked', "pdbedit -c '[]'"],
    ])('account, after %s', async (command, code, undo) => {
      await server.run('sh', '-c', `${command} ${server.username}`);
      const thrown = await told({});
      await server.run('sh', '-c', `${undo} ${server.username}`);
      expect(thrown).toMatchObject({ code, fault: 'destination' });
    });
    test('path', async () => {
      expect(await told({ path: 'a:b' })).toMatchObject({ code: 'path-unusable', retry: true });
      expect(await told({ path: '../b' })).toMatchObject({ code: 'path-unusable', retry: true });
    });
    test.each([
      ['echo "Error setting option \'client smb encrypt=desired\'" >&2; exit 1', 'smbclient-too-old'],
      ['echo "smbclient: symbol lookup error" >&2; exit 127', 'no-session'],
    ])('smbclient that does: %s', async (script, code) => {
      const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-bin-'));
      await writeFile(join(folder, 'smbclient'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      expect(await withPath(`${folder}:/bin`, () => told({}))).toMatchObject({ code, retry: true });
      await rm(folder, { recursive: true });
    });
    test('machine that has no smbclient', async () => {
      const thrown = await withPath('/nowhere', () => told({}));
      expect(thrown).toMatchObject({ code: 'smbclient-missing', fault: 'configuration', retry: true });
      expect(thrown.hint).toContain('apt install smbclient');
    });
  });

  test('is told the password neither by a parameter nor by anything that shows the target', async () => {
    const one = target();
    await one.put(await local.upload({}));
    const processes = await commandLines();
    expect(processes.some((line) => line.includes(`//${server.host}/`))).toBe(true);
    expect(processes.filter((line) => line.includes(server.password))).toEqual([]);
    expect(inspect(one, { depth: 20, showHidden: true })).not.toContain(server.password);
    await one.close();
  });

  test.each<[string, Partial<SmbSettings>]>([
    ['a password with a comma and signs', { password: { reveal: () => ' %;"\\$x ü ' } }],
    ['a domain that the server does not know', { domain: 'ELSEWHERE' }],
    ['a share in capitals', { share: 'MITSCHNITTE' }],
  ])('takes %s', async (_, changes) => {
    const password = changes.password?.reveal() ?? server.password;
    await server.run('sh', '-c', `printf '%s\\n%s\\n' "$0" "$0" | smbpasswd -s ${server.username}`, password);
    const one = target(changes);
    expect((await one.put(await local.upload({}))).how).toBe('stored');
    await one.close();
    await server.run(
      'sh',
      '-c',
      `printf '%s\\n%s\\n' "$0" "$0" | smbpasswd -s ${server.username}`,
      server.password,
    );
  });

  test.each([
    ['when-offered', false],
    ['when-required', true],
  ] as const)('can be listened to with encryption %s: %s', async (encryption, plain) => {
    const marker = Buffer.from('what was said in the call');
    const tap = await Tap.to(server.host, server.port);
    const one = target({ host: tap.host, port: tap.port, encryption });
    expect((await one.put(await local.upload({ content: marker }))).how).toBe('stored');
    expect(tap.sent.includes(marker)).toBe(plain);
    const sessions = Object.values((await server.status()).sessions);
    expect(sessions).toMatchObject([{ session_dialect: 'SMB3_11', signing: { degree: 'full' } }]);
    await one.close();
    await tap.remove();
  });

  test('serves many files over one session', async () => {
    const one = target();
    await one.put(await local.upload({}));
    const [first] = Object.keys((await server.status()).sessions);
    for (let count = 0; count < 5; count += 1) await one.put(await local.upload({ folder: 'a' }));
    await one.check(new AbortController().signal);
    expect(Object.keys((await server.status()).sessions)).toEqual([first]);
    await one.close();
  });

  test('confirms small files by their content and large ones by their size', async () => {
    const one = target();
    expect(await one.put(await local.upload({}))).toEqual({ how: 'stored', confirmedBy: 'sha256' });
    expect(await one.put(await local.large())).toEqual({ how: 'stored', confirmedBy: 'size' });
    await one.close();
  });

  test.each(['/from/the root', 'from\\a\\share', 'süd/東 京/'])(
    'gets a path that does not exist yet, %s',
    async (path) => {
      const one = target({ path });
      const upload = await local.upload({ folder: '2026' });
      expect((await one.put(upload)).how).toBe('stored');
      expect(await readdir(join(root, path.replaceAll('\\', '/'), '2026'))).toEqual([upload.name]);
      await one.close();
    },
  );

  test('keeps usable names as they are, and is never asked for others', async () => {
    const one = target();
    // Not twice the same in other capitals: to the server that is the same.
    const lower = new Set<string>();
    const usable = nasty.filter(
      (name) => isUsableName(name) && lower.size < lower.add(name.toLowerCase()).size,
    );
    expect(usable).toEqual(
      expect.arrayContaining(['$(reboot)', '-rf', ';', 'a;b', "'", '%2e%2e%2f', '北京']),
    );
    const short = usable.filter((name) => Buffer.byteLength(name) <= 255);
    for (const name of short) expect((await one.put(await local.upload({ name }))).how).toBe('stored');
    expect((await readdir(root)).sort()).toEqual([...short].sort());
    const refused = nasty.filter((name) => !isUsableName(name));
    const folders = refused.filter((name) => !/[/\\]|^$/.test(name)).map((name) => ({ folder: `a/${name}` }));
    const tooLong = usable.filter((name) => Buffer.byteLength(name) > 255);
    for (const where of [...folders, ...[...refused, ...tooLong].map((name) => ({ name }))])
      expect(await thrownBy(one.put(await local.upload(where))), JSON.stringify(where)).toMatchObject({
        code: 'name-refused',
        retry: false,
      });
    expect((await readdir(root)).sort()).toEqual([...short].sort());
    await one.close();
  });

  test('that has the name in other capitals already keeps that file', async () => {
    await writeFile(join(root, 'AUFNAHME.WAV'), 'mine');
    const one = target();
    expect(await thrownBy(one.put(await local.upload({ name: 'Aufnahme.wav' })))).toMatchObject({
      code: 'name-taken',
    });
    expect(await readdir(root)).toEqual(['AUFNAHME.WAV']);
    expect(await readFile(join(root, 'AUFNAHME.WAV'), 'utf8')).toBe('mine');
    await one.close();
  });

  test('knows a large file again without being sent it, and another of the same size as another', async () => {
    const upload = await local.upload({ content: patterned(3_000_000) });
    await writeFile(join(root, upload.name), patterned(3_000_000));
    const one = target();
    expect(await one.put(upload)).toEqual({ how: 'already-there', confirmedBy: 'sha256' });
    await writeFile(join(root, upload.name), patterned(3_000_000, 1));
    expect(await thrownBy(one.put(upload))).toMatchObject({ code: 'name-taken' });
    expect(sha256(await readFile(join(root, upload.name)))).toBe(sha256(patterned(3_000_000, 1)));
    await one.close();
  });

  test('behind a slow line is waited for as long as something moves', async () => {
    const tap = await Tap.to(server.host, server.port, 4_000_000);
    const one = target({ host: tap.host, port: tap.port }, { ...patient, answerMs: 3_000 });
    const startedAt = performance.now();
    expect((await one.put(await local.upload({ content: patterned(20_000_000) }))).how).toBe('stored');
    expect(performance.now() - startedAt).toBeGreaterThan(4_500);
    await one.close();
    await tap.remove();
  });

  test('is left with no session and no process, whatever came of them', async () => {
    const one = target();
    for (let count = 0; count < 3; count += 1) {
      await one.put(await local.upload({}));
      await one.close();
      const abort = new AbortController();
      const aborted = thrownBy(one.put({ ...(await local.large()), signal: abort.signal }));
      await eventually(async () => Object.keys((await server.status()).sessions).length > 0);
      abort.abort();
      await aborted;
      await thrownBy(target({ password: { reveal: () => secret } }).check(new AbortController().signal));
    }
    await eventually(async () => Object.keys((await server.status()).sessions).length === 0);
    await eventually(async () => !(await commandLines()).some((line) => line.includes(`//${server.host}/`)));
  });
});

describe('a server that is set up otherwise', () => {
  const trying = async (
    options: Omit<SmbOptions, 'net'>,
    changes: Partial<SmbSettings>,
    bytes = 300_000,
  ): Promise<unknown> => {
    const net = await takeNet();
    const server = await SmbServer.start({ net: net.prefix, ...options });
    const target = new SmbTarget('archiv', { ...reach(server), ...changes }, patient);
    try {
      return await target.put(await local.upload({ content: patterned(bytes) }));
    } catch (error) {
      expectToHelp(error, 'archiv', [server.password]);
      return error;
    } finally {
      await target.close();
      await server.stop();
      await net.release();
    }
  };

  test('and offers only SMB 1 is told from one that is no SMB server', async () => {
    const config = ['server min protocol = NT1', 'server max protocol = NT1'];
    expect(await trying({ config }, {})).toMatchObject({
      code: 'protocol-too-old',
      fault: 'destination',
      retry: true,
    });
  });

  test('and speaks only SMB 2.0.2 is good enough', async () => {
    expect(await trying({ config: ['server max protocol = SMB2_02'] }, {})).toMatchObject({ how: 'stored' });
  });

  test.each([
    ['when-offered', { how: 'stored' }],
    ['required', { code: 'encryption-not-offered', fault: 'configuration' }],
  ] as const)('and has no encryption, with encryption: %s', async (encryption, outcome) => {
    expect(await trying({ config: ['server smb encrypt = off'] }, { encryption })).toMatchObject(outcome);
  });

  test('and insists on encryption gets it even where it is avoided', async () => {
    const config = ['server smb encrypt = required'];
    expect(await trying({ config }, { encryption: 'when-required' })).toMatchObject({ how: 'stored' });
  });

  test('and lets anybody in as a guest is not taken for one that knows the user', async () => {
    const options = { config: ['map to guest = bad user'], share: ['guest ok = yes'] };
    expect(await trying(options, { username: 'stranger' })).toMatchObject({
      code: 'login-refused',
      fault: 'configuration',
    });
  });

  test('and closes the share to the user says so', async () => {
    expect(await trying({ share: ['valid users = root'] }, {})).toMatchObject({
      code: 'share-refused',
      fault: 'configuration',
    });
  });

  test('and shares for reading only says so', async () => {
    expect(await trying({ share: ['read only = yes'] }, {})).toMatchObject({ code: 'write-refused' });
  });

  test.each([
    ['200k', 300_000],
    ['100k', 150_000],
  ])('and runs out of space (%s) in the middle of a file (%i bytes) says so', async (tmpfs, bytes) => {
    const startedAt = performance.now();
    expect(await trying({ tmpfs }, {}, bytes)).toMatchObject({ code: 'no-space', retry: true });
    expect(performance.now() - startedAt).toBeLessThan(patient.answerMs);
  });

  test('and gives no short names stores all the same', async () => {
    expect(await trying({ share: ['mangled names = no'] }, {})).toMatchObject({ how: 'stored' });
  });
});

async function withPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = process.env['PATH'];
  process.env['PATH'] = path;
  return work().finally(() => (process.env['PATH'] = before));
}

/** Of every process of this machine, as ps(1) shows them. */
async function commandLines(): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
}
