import { spawn } from 'node:child_process';

import { describe, expect, test } from 'vitest';

import { Passwords } from '../../src/web/passwords.ts';
import { ended, launcher, mitschnitt } from './command.ts';
import { useInstallation } from './installation.ts';

const installation = useInstallation();

const secret = 'acht blaue Elefanten';

/** With a password on standard input. */
function user(args: readonly string[], input: string) {
  const child = spawn(process.execPath, [launcher, 'user', ...args, '-c', installation().config], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  return ended(child);
}

describe('mitschnitt user', () => {
  test('adds the first administrator before anything ran, and keeps no password', async () => {
    const added = await user(['add', 'anna', '--role', 'administrator'], `${secret}\n`);
    expect(added).toMatchObject({ code: 0, stdout: 'anna: added as administrator\n', stderr: '' });
    await installation().fill(async (catalogue) => {
      const kept = (await catalogue.user('ANNA'))?.password ?? '';
      expect(kept).not.toContain(secret);
      expect(await new Passwords().matches(secret, kept)).toBe(true);
      expect(await new Passwords().matches(`${secret}x`, kept)).toBe(false);
      expect(await catalogue.audit({ limit: 10 })).toMatchObject([{ action: 'user', subject: 'anna' }]);
    });
    const again = await user(['add', 'Anna', '--role', 'auditor'], secret);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('there is a user Anna already');
    const { stdout } = await mitschnitt(['user', 'list', '--json', '-c', installation().config]);
    expect(JSON.parse(stdout)).toEqual([
      {
        name: 'anna',
        role: 'administrator',
        groups: [],
        last_sign_in: null,
        disabled: false,
        sign_in: 'password',
      },
    ]);
    expect((await user(['remove', 'anna'], '')).stderr).toContain('the last administrator');
  });

  test.each([
    ['a password that is too short', ['add', 'a', '--role', 'auditor'], 1, 'from 10 to 200 characters'],
    ['a supervisor of no group', ['add', 'a', '--role', 'supervisor'], 2, 'a supervisor needs --group'],
    [
      'a group that is not there',
      ['add', 'a', '--role', 'supervisor', '--group', 'X'],
      1,
      'there is no group X',
    ],
    ['a name that is none', ['add', '../a', '--role', 'auditor'], 1, 'cannot be the name of a user'],
    ['somebody who is not there', ['remove', 'a'], 1, 'there is no user a'],
  ])('refuses %s', async (_what, args, expected, told) => {
    const { code, stderr } = await user(args, 'short');
    expect(code).toBe(expected);
    expect(stderr).toContain(told);
  });

  test('gives no password to whom a provider vouches for, and says so', async () => {
    const identity = { issuer: 'https://login.example', subject: '1' };
    const facts = { role: 'auditor', groups: [], password: undefined, createdAt: 0 } as const;
    await installation().fill(async (catalogue) => {
      await catalogue.addUser({ name: 'oidc:anna', ...facts, lastSignInAt: undefined, identity });
    });
    const refused = await user(['password', 'oidc:anna'], secret);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('oidc:anna signs in by OpenID Connect');
    const { stdout } = await mitschnitt(['user', 'list', '-c', installation().config]);
    expect(stdout).toMatch(/^oidc:anna\tauditor\t.*by OpenID Connect$/m);
  });
});
