import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { SftpTarget, type SftpLimits, type SftpSettings } from '../../src/delivery/sftp.ts';
import { eventually } from '../live/eventually.ts';
import { takeNet, type Net } from '../live/net.ts';
import { SshServer, type SshOptions } from '../live/ssh.ts';
import { nasty } from '../nasty.ts';
import { expectToHelp, Local, patterned, thrownBy } from './contract.ts';
import { startRude, type Rudeness } from './rude.ts';
import { startOtherSsh } from './sftp-other-server.ts';
import { otherFingerprint, reach, understoodKey } from './sftp.fixture.ts';

const secret = 'Tr0ub4dor&3';
/** So that what is silent is given up soon. */
const impatient: SftpLimits = { answerMs: 1_000, idleMs: 5_000 };
const patient: SftpLimits = { answerMs: 10_000, idleMs: 5_000 };

let local: Local;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());

test.each<[Rudeness, string]>([
  ['silent', 'no-answer'],
  ['cuts greeting', 'not-understood'],
  ['babbles', 'not-understood'],
])('a server that %s is no SSH server', async (rudeness, code) => {
  const server = await startRude(rudeness);
  const settings = { type: 'sftp', host: server.host, port: server.port, username: 'pbx', path: '' } as const;
  const host_key = understoodKey(otherFingerprint);
  const target = new SftpTarget(
    'archiv',
    { ...settings, host_key, password: { reveal: () => secret } },
    impatient,
  );
  const startedAt = performance.now();
  const thrown = await thrownBy(target.put(await local.upload({})));
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expectToHelp(thrown, 'archiv', [secret]);
  expect(thrown).toMatchObject({ code, retry: true });
  await server.stop();
});

test('a server that takes less in one request than OpenSSH gets all of a large file as it is', async () => {
  const server = await startOtherSsh();
  const { host, port } = server;
  const login = { username: 'pbx', password: { reveal: () => secret }, path: '' };
  const host_key = understoodKey(server.hostKey);
  const target = new SftpTarget('archiv', { type: 'sftp', host, port, host_key, ...login }, patient);
  const content = patterned(3_000_000);
  const upload = await local.upload({ content });
  expect(await target.put(upload)).toMatchObject({ how: 'stored' });
  expect([...server.files.keys()]).toEqual([`/${upload.name}`]);
  expect(server.files.get(`/${upload.name}`)?.equals(content)).toBe(true);
  await target.close();
  await server.stop();
});

describe('an OpenSSH server', () => {
  let net: Net;
  let root: string;
  let server: SshServer;
  let right: SftpSettings;
  beforeAll(async () => {
    net = await takeNet();
    root = await mkdtemp(join(tmpdir(), 'mitschnitt-sftp-'));
    server = await SshServer.start({ net: net.prefix, root });
    right = { ...(await reach(server)), password: { reveal: () => server.password } };
  });
  afterAll(async () => {
    await server.stop();
    await rm(root, { recursive: true });
    await net.release();
  });
  beforeEach(async () => {
    for (const entry of await readdir(root)) await rm(join(root, entry), { recursive: true });
  });

  const target = (changes: Partial<SftpSettings> = {}, limits = patient) =>
    new SftpTarget('archiv', { ...right, ...changes }, limits);
  const put = async (changes: Partial<SftpSettings>) => {
    const one = target(changes);
    try {
      return await one.put(await local.upload({}));
    } finally {
      await one.close();
    }
  };
  const told = async (changes: Partial<SftpSettings>) => {
    const thrown = await thrownBy(put(changes));
    expectToHelp(thrown, 'archiv', [server.password, server.passphrase, secret, 'PRIVATE KEY']);
    return thrown as Error & { readonly code: string; readonly hint: string };
  };

  describe('is known', () => {
    test.each(['ed25519', 'ecdsa', 'rsa'] as const)('by its public key of type %s', async (type) => {
      const host_key = understoodKey(await server.hostKey(type));
      expect((await put({ host_key })).how).toBe('stored');
    });

    test.each(['ed25519', 'ecdsa', 'rsa'] as const)('by the fingerprint of its %s key', async (type) => {
      const { fingerprint } = understoodKey(await server.hostKey(type));
      expect((await put({ host_key: { fingerprint, type: undefined } })).how).toBe('stored');
    });

    test('and is told apart from another one, with the fingerprints that it shows', async () => {
      const shown = await Promise.all(
        (['ed25519', 'ecdsa', 'rsa'] as const).map(
          async (type) => understoodKey(await server.hostKey(type)).fingerprint,
        ),
      );
      const { code, message } = await told({ host_key: understoodKey(otherFingerprint) });
      expect(code).toBe('host-key-untrusted');
      for (const fingerprint of shown) expect(message).toContain(fingerprint);
    });

    test('before it is told who comes', async () => {
      const before = (await server.log()).split('Failed password').length;
      const password = { reveal: () => secret };
      await told({ host_key: understoodKey(otherFingerprint), password });
      expect((await server.log()).split('Failed password').length).toBe(before);
    });
  });

  describe('lets in with a key', () => {
    const revealing = async (which: 'plain' | 'protected') => {
      const key = await server.clientKey(which);
      return { password: undefined, private_key: { reveal: () => key } };
    };

    test('that is not protected', async () => {
      expect((await put(await revealing('plain'))).how).toBe('stored');
    });
    test('whose last line break was cut off', async () => {
      const key = (await server.clientKey('plain')).trimEnd();
      expect((await put({ password: undefined, private_key: { reveal: () => key } })).how).toBe('stored');
    });
    test('beside a password that is wrong', async () => {
      const key = await revealing('plain');
      expect((await put({ ...key, password: { reveal: () => secret } })).how).toBe('stored');
    });
    test('but says so when its passphrase is missing or wrong', async () => {
      const key = await revealing('protected');
      const missing = await told(key);
      expect(missing).toMatchObject({
        code: 'key-unusable',
        hint: expect.stringContaining('set passphrase') as string,
      });
      const wrong = await told({ ...key, passphrase: { reveal: () => secret } });
      expect(wrong).toMatchObject({
        code: 'key-unusable',
        hint: expect.stringContaining('belongs to it') as string,
      });
    });
    test('but says so when it is none', async () => {
      const none = { password: undefined, private_key: { reveal: () => secret } };
      expect(await told(none)).toMatchObject({ code: 'key-unusable' });
    });
    test('and says which ways there are when a password is not one of them', async () => {
      const other = await takeNet();
      const strict = await SshServer.start({ net: other.prefix, login: 'key' });
      expect(await told({ ...(await reach(strict)) })).toMatchObject({
        code: 'login-refused',
        message: expect.stringContaining('it takes: publickey') as string,
      });
      await strict.stop();
      await other.release();
    });
  });

  test.each<[SshOptions['config'] & string, string | undefined]>([
    ['Ciphers aes256-ctr\nMACs hmac-sha2-512', undefined],
    ['Ciphers chacha20-poly1305@openssh.com', undefined],
    ['Ciphers aes256-cbc\nMACs hmac-sha1\nKexAlgorithms diffie-hellman-group14-sha1', undefined],
    ['Ciphers 3des-cbc', 'ciphers 3des-cbc'],
    ['KexAlgorithms mlkem768x25519-sha256', 'key exchanges mlkem768x25519-sha256'],
    ['MACs umac-64@openssh.com\nCiphers aes128-ctr', 'integrity checks (MACs) umac-64@openssh.com'],
  ])('with only %j is connected to, or what it offers is told: %s', async (config, offered) => {
    const other = await takeNet();
    const choosy = await SshServer.start({ net: other.prefix, config });
    const changes = { host: choosy.host, host_key: understoodKey(await choosy.hostKey()) };
    if (offered === undefined) expect((await put(changes)).how).toBe('stored');
    else
      expect(await told(changes)).toMatchObject({
        code: 'no-common-algorithm',
        message: expect.stringContaining(offered) as string,
      });
    await choosy.stop();
    await other.release();
  });

  test('without SFTP is told', async () => {
    const other = await takeNet();
    const bare = await SshServer.start({ net: other.prefix, config: 'ForceCommand echo no files here' });
    const changes = { host: bare.host, host_key: understoodKey(await bare.hostKey()) };
    expect(await told(changes)).toMatchObject({ code: 'sftp-not-offered' });
    await bare.stop();
    await other.release();
  });

  test.each(['/home/mitschnitt/from/the root', 'from/the login'])(
    'gets a path that does not exist yet, %s',
    async (path) => {
      const one = target({ path });
      const upload = await local.upload({ folder: '2026' });
      expect((await one.put(upload)).how).toBe('stored');
      expect(await readdir(join(root, path.replace('/home/mitschnitt', ''), '2026'))).toEqual([upload.name]);
      await one.close();
    },
  );

  test('keeps names as they are, whatever a caller made of them, and refuses those that are too long', async () => {
    const one = target();
    const possible = nasty.filter((name) => !/[/\0]/.test(name) && !['', '.', '..'].includes(name));
    // As UTF-8: half a character is none.
    const short = possible.filter((name) => Buffer.byteLength(name) <= 255);
    for (const name of short) expect((await one.put(await local.upload({ name }))).how).toBe('stored');
    expect((await readdir(root)).sort()).toEqual(short.map((name) => Buffer.from(name).toString()).sort());
    for (const name of possible.filter((each) => !short.includes(each)))
      expect(await thrownBy(one.put(await local.upload({ name })))).toMatchObject({
        code: 'name-refused',
        retry: false,
      });
    await one.close();
  });

  test('keeps what a link points to under the final name and under the temporary one', async () => {
    await writeFile(join(root, 'other'), 'other');
    const upload = await local.upload({});
    await symlink('other', join(root, upload.name));
    expect(await thrownBy(target().put(upload))).toMatchObject({ code: 'name-taken' });
    const next = await local.upload({});
    await symlink('other', join(root, `.mitschnitt-${next.id}.part`));
    expect((await target().put(next)).how).toBe('stored');
    expect(await readFile(join(root, 'other'), 'utf8')).toBe('other');
  });

  test('is left with no connection, whatever came of them', async () => {
    await server.restart();
    const one = target();
    for (let count = 0; count < 5; count += 1) {
      await one.put(await local.upload({}));
      await one.close();
      const abort = new AbortController();
      const aborted = thrownBy(one.put({ ...(await local.large()), signal: abort.signal }));
      await eventually(async () => (await server.connections()) > 0);
      abort.abort();
      await aborted;
      await thrownBy(target({ password: { reveal: () => secret } }).check(new AbortController().signal));
    }
    await eventually(async () => (await server.connections()) === 0);
  });
});
