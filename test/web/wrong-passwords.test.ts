// Ten thousand wrong passwords: they tell nothing, cost little, and lock nobody else out.
import { beforeEach, describe, expect, test } from 'vitest';

import { ApiFailure } from '../../src/web/failure.ts';
import { Passwords } from '../../src/web/passwords.ts';
import { SignIn } from '../../src/web/sign-in.ts';
import type { User, UserLedger } from '../../src/catalogue/console-ledger.ts';

const tries = 10_000;
const right = 'acht blaue Elefanten';
const userOf = (name: string): User => ({
  ...{ name, role: 'supervisor', groups: ['Verkauf'], password: 'a hash', createdAt: 0 },
  ...{ lastSignInAt: undefined, isDisabled: false, link: undefined, identity: undefined },
});

/** A hash takes a tenth of a second: what matters is how many are asked for. */
class CountedPasswords extends Passwords {
  asked = 0;
  override matches(password: string, hash: string | undefined): Promise<boolean> {
    this.asked += 1;
    return Promise.resolve(hash !== undefined && password === right);
  }
}

let now = 0;
let passwords: CountedPasswords;
let signIn: SignIn;

function start(): void {
  now = Date.UTC(2026, 10, 27);
  passwords = new CountedPasswords();
  const known = ['anna', 'bert'];
  const user = (name: string) => Promise.resolve(known.includes(name) ? userOf(name) : undefined);
  // Nothing else is asked of it before the password is right.
  const ledger = { user } as Partial<UserLedger> as UserLedger;
  signIn = new SignIn({ ledger: () => ledger, passwords, now: () => now, issuer: undefined });
}
beforeEach(start);

/** What each try came to, in order. */
async function attack(
  name: string,
  addressOf: (index: number) => string,
  everyMs: number,
): Promise<string[]> {
  const answers: string[] = [];
  for (let index = 0; index < tries; index += 1) {
    const answer = await signIn
      .byPassword(name, `guess ${index}`, addressOf(index))
      .catch((error: unknown) => {
        if (error instanceof ApiFailure) return `${error.status} ${error.code}: ${error.message}`;
        throw error;
      });
    answers.push(typeof answer === 'string' ? answer : 'signed in');
    now += everyMs;
  }
  return answers;
}

const enters = async (name: string, address: string): Promise<string> =>
  (await signIn.byPassword(name, right, address)).name;

describe('Ten thousand wrong passwords', () => {
  test('from one address in an hour: few are looked at, and everybody else is in at once', async () => {
    const answers = await attack('anna', () => '192.0.2.66', 360);
    expect(new Set(answers.map((answer) => answer.split(':')[0]))).toEqual(
      new Set(['401 sign-in-refused', '429 too-many-attempts']),
    );
    expect(passwords.asked).toBeLessThan(150);
    expect(await enters('anna', '198.51.100.1')).toBe('anna');
    expect(await enters('bert', '198.51.100.2')).toBe('bert');
  });

  test('from as many addresses, at once: few are looked at, others are in at once, and the owner soon', async () => {
    await attack('anna', (index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 0);
    expect(passwords.asked).toBeLessThan(50);
    expect(await enters('bert', '198.51.100.2')).toBe('bert');
    now += 10_000;
    expect(await enters('anna', '198.51.100.1')).toBe('anna');
  });

  test('tell not whether there is such a name', async () => {
    const known = await attack('anna', () => '192.0.2.66', 360);
    start();
    expect(await attack('nobody', () => '192.0.2.66', 360)).toEqual(known);
  });
});
