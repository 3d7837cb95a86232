import { createInterface } from 'node:readline/promises';
import { userInfo } from 'node:os';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

import type { Catalogue } from '../catalogue/catalogue.ts';
import type { User, UserRole } from '../catalogue/console-ledger.ts';
import { loadConfig } from '../config/load.ts';
import { MitschnittError } from '../errors.ts';
import { localDateTime } from '../recording/local-time.ts';
import { password as passwordSchema, userName } from '../web/api/session.ts';
import { Passwords } from '../web/passwords.ts';
import { withdraw } from '../web/withdrawal.ts';
import { toJson, write, writeLines } from './output.ts';
import { time } from './status-json.ts';
import { table } from './table.ts';
import { withCatalogue, withWritableCatalogue } from './with-catalogue.ts';

export interface UserAddOptions {
  readonly config: string;
  readonly role: UserRole;
  readonly group?: readonly string[];
}

/** Adds a user of the console; also before Mitschnitt ever ran. */
export async function addUser(name: string, { config: file, role, group }: UserAddOptions): Promise<void> {
  const { config } = await loadConfig(file);
  if (!userName.safeParse(name).success)
    throw refused(`${name} cannot be the name of a user`, 'Use letters, digits, . _ @ and -, at most 64.');
  const known = config.groups.map((each) => each.name);
  const unknown = group?.find((each) => !known.includes(each));
  if (unknown !== undefined)
    throw refused(`there is no group ${unknown}`, `The configuration has ${known.join(', ')}.`);
  const password = await new Passwords().hash(await askPassword());
  const facts = { role, groups: group ?? [], password, createdAt: Date.now(), lastSignInAt: undefined };
  await withWritableCatalogue(config, async (catalogue) => {
    if (!(await catalogue.addUser({ name, ...facts })))
      throw refused(`there is a user ${name} already`, 'Name another one, or use mitschnitt user password.');
    await audited(catalogue, 'user', name, role);
  });
  await writeLines(`${name}: added as ${role}`);
}

export async function changePassword(name: string, options: { readonly config: string }): Promise<void> {
  const { config } = await loadConfig(options.config);
  const password = await new Passwords().hash(await askPassword());
  await withWritableCatalogue(config, async (catalogue) => {
    if ((await catalogue.user(name))?.identity)
      throw refused(`${name} signs in by OpenID Connect`, 'The password is at the provider.');
    if ((await catalogue.changeUser(name, { password, link: undefined })) === 'unknown')
      throw unknownUser(name);
    await catalogue.endSessions(name, undefined, Date.now());
    await audited(catalogue, 'password', name);
  });
  await writeLines(`${name}: the password was changed`);
}

export async function removeUser(name: string, options: { readonly config: string }): Promise<void> {
  const { config } = await loadConfig(options.config);
  await withWritableCatalogue(config, async (catalogue) => {
    const result = await catalogue.removeUser(name);
    if (result === 'unknown') throw unknownUser(name);
    if (result === 'last-administrator')
      throw refused(`${name} is the last administrator`, 'Add another one first.');
    await audited(catalogue, 'user-delete', name);
    await withdraw(catalogue, name, { at: Date.now(), actor: actor(), address: 'local' });
  });
  await writeLines(`${name}: removed`);
}

const headings = ['name', 'role', 'groups', 'last sign-in', 'state'];

export async function listUsers(options: {
  readonly config: string;
  readonly json?: boolean;
}): Promise<void> {
  const { config } = await loadConfig(options.config);
  const users = await withCatalogue(config, (catalogue) => catalogue.users());
  if (options.json === true) await writeLines(toJson(users.map(userJson)));
  else await write(table(headings, rows(users, config.pbx.timezone)));
}

/** A user, as `user list --json` gives it. */
export function userJson({ name, role, groups, lastSignInAt, isDisabled, identity }: User) {
  const by = identity ? ('oidc' as const) : ('password' as const);
  return { name, role, groups, last_sign_in: time(lastSignInAt), disabled: isDisabled, sign_in: by };
}

function* rows(users: readonly User[], timeZone: string): Iterable<string[]> {
  for (const { name, role, groups, lastSignInAt, isDisabled, password, identity } of users)
    yield [
      name,
      role,
      groups.join(', '),
      lastSignInAt === undefined ? '' : localDateTime(lastSignInAt, timeZone),
      isDisabled
        ? 'disabled'
        : identity
          ? 'by OpenID Connect'
          : password === undefined
            ? 'no password yet'
            : '',
    ];
}

async function audited(
  catalogue: Catalogue,
  action: string,
  subject: string,
  detail?: string,
): Promise<void> {
  const who = { actor: actor(), address: 'local', group: undefined };
  await catalogue.addAudit({ at: Date.now(), ...who, action, subject, detail, ok: true });
}

function actor(): string {
  return `cli:${userInfo().username}`;
}

/** From the terminal without showing it, twice; else what is piped in. */
async function askPassword(): Promise<string> {
  const given = process.stdin.isTTY ? await askTwice() : (await text(process.stdin)).replace(/\r?\n$/, '');
  if (passwordSchema.safeParse(given).success) return given;
  throw refused(
    'a password has from 10 to 200 characters',
    'Several words that do not belong together are good.',
  );
}

async function askTwice(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const ask = async (question: string): Promise<string> => {
    process.stderr.write(question);
    const answer = await terminal.question('');
    process.stderr.write('\n');
    return answer;
  };
  try {
    const first = await ask('Password: ');
    if ((await ask('Again: ')) === first) return first;
  } finally {
    terminal.close();
  }
  throw refused('the two are not the same', 'Try again.');
}

function unknownUser(name: string): MitschnittError {
  return refused(`there is no user ${name}`, 'See mitschnitt user list.');
}

function refused(message: string, hint: string): MitschnittError {
  return new MitschnittError(message, { code: 'user-refused', fault: 'configuration', retry: false, hint });
}
