import { describe, expect, test } from 'vitest';

import { changed, configOf, faultsOf, smallest, useWorkspace } from './workspace.ts';

useWorkspace();

const smtp = (more: string) => `${smallest}smtp: { host: mail.example, from: pbx@example${more} }\n`;
const login = ', username: u, password: p';

describe('the mail server', () => {
  test.each([
    ['', { port: 587, tls: 'optional' }],
    [login, { port: 587, tls: 'required' }],
    [`${login}, port: 25`, { port: 25, tls: 'required' }],
    [', port: 465', { port: 465, tls: 'implicit' }],
    [`${login}, tls: implicit`, { port: 465, tls: 'implicit' }],
    [`${login}, tls: none`, { port: 587, tls: 'none' }],
    [', port: 465, tls: required', { port: 465, tls: 'required' }],
  ])('with %j is reached in the way that is meant', async (more, expected) => {
    expect((await configOf(smtp(more))).smtp).toMatchObject(expected);
  });

  test.each([
    [', username: u', 'has no password to log in with -> username and password, or neither'],
    [', password: p', 'has no username to log in with -> username and password, or neither'],
  ])('with half of a login (%s) is refused', async (more, fault) => {
    expect(await faultsOf(smtp(more))).toEqual([expect.stringContaining(fault)]);
  });

  test('is demanded by e-mail targets and alarms by e-mail', async () => {
    const text = changed('{ type: folder, path: /srv/archiv }', '{ type: email, to: [a@example] }');
    expect(await faultsOf(`${text}alarms: { email: [b@example] }\n`)).toEqual([
      '13:19 targets.archiv.type: needs a mail server: "email" -> a section smtp beside it',
      '14:18 alarms.email: needs a mail server -> a section smtp beside it',
    ]);
  });
});

describe('alarms', () => {
  const alarms = async (written: string) => (await configOf(`${smallest}${written}`)).alarms;

  test('are told nobody by default', async () => {
    expect(await alarms('')).toEqual({
      ...{ email: [], language: 'de', after: { attempts: 3 }, remind_every: 86_400_000 },
    });
  });

  test('are told in the language of the report, or in one of their own', async () => {
    expect(await alarms('report: { language: en }')).toMatchObject({ language: 'en' });
    expect(await alarms('report: { language: en }\nalarms: { language: de }')).toMatchObject({
      language: 'de',
    });
  });

  test.each([
    ['5', { attempts: 5 }],
    ['10m', { ms: 600_000 }],
  ])('of deliveries begin after %s', async (after, expected) => {
    expect((await alarms(`alarms: { after: ${after} }`)).after).toEqual(expected);
  });

  test('by webhook need a key, and do not show it', async () => {
    const webhook = 'webhook: "https://hook.example/x"';
    expect(await faultsOf(`${smallest}alarms: { ${webhook} }\n`)).toEqual([
      '14:20 alarms.webhook: has no key to sign with: "https://hook.example/x" -> webhook_secret or webhook_secret_file beside it',
    ]);
    const config = await alarms(`alarms: { ${webhook}, webhook_secret: geheim }`);
    expect(config.webhook_secret?.reveal()).toBe('geheim');
    expect(JSON.stringify(config)).not.toContain('geheim');
  });
});
