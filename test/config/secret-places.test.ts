// Whoever edits the configuration without seeing its secrets does not get one by another address.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  changedText,
  shownText,
  valuesWithSecrets,
  writtenValues,
  type Change,
  type Plain,
} from '../../src/config/changes.ts';
import { keyOf } from '../../src/config/faults.ts';
import { SecretPlaces } from '../../src/config/secret-places.ts';
import { sayings } from '../../src/web/console/language/de/sayings.ts';

const file = '/etc/mitschnitt/mitschnitt.yaml';
const stored = `
asterisk:
  ari: { password: geheim-ari }
  ami: { secret: "\${AMI_SECRET}" }
smtp: { host: mail.example, username: pbx, password_file: smtp-password, from: pbx@example.com }
web: { oidc: { issuer: "https://login.example/a", client_id: a, client_secret: geheim-oidc } }
alarms: { webhook: "https://hooks.example/a", webhook_secret: geheim-hook }
targets:
  nas: { type: smb, host: nas.example, share: a, username: pbx, password: geheim-nas }
  cloud: { type: webdav, url: "https://cloud.example/a", username: pbx, password: "\${CLOUD}" }
  bucket: { type: s3, bucket: aufnahmen, access_key: A, secret_key: geheim-s3 }
  old: { type: ftp, host: ftp.example, username: pbx, password: "vor\${FTP}nach" }
  bare: { type: ftp, host: bare.example, tls: none, username: pbx, password: geheim-bare }
  shell: { type: sftp, host: ssh.example, host_key: "SHA256:a", username: pbx, password: geheim-ssh }
  own: { type: webdav, url: "https://own.example/a", ca: /etc/own.pem, username: pbx, password: geheim-own }
`;

const places = new SecretPlaces(file);

function misplaced(changes: readonly Change[], text = stored, by = new SecretPlaces(file)): string[] {
  const after = valuesWithSecrets(changedText(text, changes));
  return by.misplaced(valuesWithSecrets(text), after, changes).map(({ path }) => keyOf(path));
}

const set = (at: string, value: Plain): Change => ({ do: 'set', at: at.split('.'), value });

test.each([
  ['the host of a target', 'targets.nas.password', [set('targets.nas.host', 'evil.example')]],
  ['its port', 'targets.nas.password', [set('targets.nas.port', '4450')]],
  ['its port, by its encryption', 'targets.old.password', [set('targets.old.tls', 'implicit')]],
  ['a url', 'targets.cloud.password', [set('targets.cloud.url', 'https://evil.example/a')]],
  [
    'a url, no longer encrypted',
    'targets.cloud.password',
    [set('targets.cloud.url', 'http://cloud.example/a')],
  ],
  ['an endpoint', 'targets.bucket.secret_key', [set('targets.bucket.endpoint', 'https://evil.example')]],
  ['the mail server', 'smtp.password', [set('smtp.host', 'evil.example')]],
  ['the webhook', 'alarms.webhook_secret', [set('alarms.webhook', 'https://hooks.example/b')]],
  ['the issuer of accounts', 'web.oidc.client_secret', [set('web.oidc.issuer', 'https://evil.example/a')]],
  ['that of Asterisk (ARI)', 'asterisk.ari.password', [set('asterisk.ari.url', 'http://evil.example/ari')]],
  ['that of Asterisk (AMI)', 'asterisk.ami.secret', [set('asterisk.ami.host', 'evil.example')]],
  ['its encryption, to none', 'targets.old.password', [set('targets.old.tls', 'none')]],
  ['that of the mail server, to what others can prevent', 'smtp.password', [set('smtp.tls', 'optional')]],
  ['the key of the server', 'targets.shell.password', [set('targets.shell.host_key', 'SHA256:b')]],
  ['the authority of the server', 'targets.own.password', [set('targets.own.ca', '/tmp/evil.pem')]],
  [
    'the authority, to the public ones',
    'targets.own.password',
    [{ do: 'remove', at: ['targets', 'own', 'ca'] }],
  ],
  [
    'the authority of others, to one of its own',
    'targets.cloud.password',
    [set('targets.cloud.ca', '/tmp/evil.pem')],
  ],
  ['that of the provider', 'web.oidc.client_secret', [set('web.oidc.ca', '/tmp/evil.pem')]],
  [
    'that of a target that has another name by then',
    'targets.b.password',
    [{ do: 'rename', at: ['targets', 'nas'], to: 'b' }, set('targets.b.host', 'evil.example')],
  ],
  [
    'one, where the same variable is given once more',
    'targets.cloud.password',
    [set('targets.cloud.url', 'https://evil.example'), set('targets.cloud.password', '${CLOUD}')],
  ],
  [
    'one, where the same file is given once more, written another way',
    'smtp.password',
    [
      set('smtp.host', 'evil.example'),
      set('smtp.password_file', '/etc/mitschnitt/../mitschnitt/smtp-password'),
    ],
  ],
  [
    'a variable, taken for another target',
    'targets.new.password',
    [
      set('targets.new', {
        ...{ type: 'ftp', host: 'evil.example', username: 'x' },
        password: 'x${AMI_SECRET}',
      }),
    ],
  ],
  ['a variable, as what is no secret', 'targets.nas.username', [set('targets.nas.username', '${CLOUD}')]],
] as const)('%s is not changed under a stored secret', (_what, key, changes) => {
  expect(misplaced(changes)).toEqual([key]);
});

describe('A stored secret stays', () => {
  test.each([
    ['where the share changes', [set('targets.nas.share', 'b')]],
    ['where the folder of a url does', [set('targets.cloud.url', 'https://cloud.example/b')]],
    ['where the target has another name', [{ do: 'rename', at: ['targets', 'nas'], to: 'b' }]],
    ['where the usual port is written', [set('targets.nas.port', '445'), set('targets.old.port', '21')]],
    ['where the usual address is written', [set('asterisk.ari.url', 'http://127.0.0.1:8088/ari')]],
    ['where the case of a host is another', [set('targets.nas.host', 'NAS.example')]],
    [
      'where its encryption is set as it is',
      [set('targets.old.tls', 'explicit'), set('smtp.tls', 'required')],
    ],
    [
      'where it is sent encrypted from now on',
      [set('targets.bare.tls', 'explicit'), set('targets.bare.ca', '/etc/own.pem')],
    ],
    ['where something else is changed', [set('groups', [{ name: 'Verkauf' }])]],
  ] as const)('%s', (_what, changes) => {
    expect(misplaced(changes)).toEqual([]);
  });

  test('at its address also where another secret goes elsewhere', () => {
    expect(misplaced([set('smtp.host', 'evil.example'), set('targets.nas.share', 'b')])).toEqual([
      'smtp.password',
    ]);
  });
});

test('a secret that is given anew goes to the new address, also where it is the same', () => {
  const moved = set('targets.nas.host', 'new.example');
  for (const password of ['another', 'geheim-nas'])
    expect(misplaced([moved, set('targets.nas.password', password)]), password).toEqual([]);
  // Typed, but not as a secret.
  expect(misplaced([moved, set('targets.nas.username', 'geheim-nas')])).toEqual(['targets.nas.password']);
});

const unset = (at: string): Change => ({ do: 'remove', at: at.split('.') });

test.each([
  ['a file', [unset('targets.nas.password'), set('targets.nas.password_file', '/etc/shadow')]],
  ['the configuration itself', [set('targets.nas.password_file', 'mitschnitt.yaml')]],
  [
    'a file by another name',
    [set('targets.nas.password_file', '/proc/self/root/etc/mitschnitt/smtp-password')],
  ],
  ['a variable', [set('targets.nas.password', '${HOME}')]],
  ['a variable within text', [set('targets.nas.password', 'x${HOME}')]],
  ['a variable that is there, with text around', [set('targets.old.password', 'vor${FTP}anders')]],
  ['a variable, as the file', [set('targets.nas.password_file', '${HOME}')]],
] as const)('%s that the file does not name is not read from for a secret', (_what, changes) => {
  const [last] = changes.slice(-1);
  const at = keyOf(last?.at ?? []).replace(/_file$/, '');
  expect(misplaced(changes)).toEqual([at]);
});

test('what is not shown as a secret is read from no variable that the file does not name in the open', () => {
  expect(misplaced([set('targets.nas.username', '${HOME}')])).toEqual(['targets.nas.username']);
  const open = stored.replace('share: a', 'share: "${SHARE}"');
  expect(misplaced([set('targets.nas.username', '${SHARE}')], open)).toEqual([]);
  expect(misplaced([set('targets.nas.username', '$${HOME}')]), 'no variable').toEqual([]);
});

test('a file and a variable may be given as the file has them, at the same address', () => {
  const target = { type: 'webdav', url: 'https://cloud.example/b', username: 'x', password: '${CLOUD}' };
  expect(misplaced([set('targets.second', target)])).toEqual([]);
  expect(misplaced([set('smtp.password_file', 'smtp-password'), set('smtp.from', 'a@b.example')])).toEqual(
    [],
  );
});

describe('A variable in an address', () => {
  const open = stored.replace('share: a', 'share: "${SECRETS2_END}"');
  beforeAll(() => {
    process.env['SECRETS2_END'] = '/x';
  });
  afterAll(() => {
    delete process.env['SECRETS2_END'];
  });

  test.each([
    ['targets.cloud.url', 'https://evil.example${SECRETS2_END}@cloud.example/a', 'targets.cloud.password'],
    ['targets.nas.host', 'evil.example${SECRETS2_END}', 'targets.nas.password'],
    ['targets.bucket.endpoint', 'https://evil.example${SECRETS2_END}@x', 'targets.bucket.secret_key'],
    ['asterisk.ari.url', 'http://evil.example${SECRETS2_END}@127.0.0.1:8088/ari', 'asterisk.ari.password'],
    ['targets.nas.type', '${SECRETS2_END}', 'targets.nas.password'],
  ])('does not end the name of another server in %s', (at, value, key) => {
    expect(misplaced([set(at, value)], open)).toContain(key);
  });

  test('stays as the file has it', () => {
    const written = stored.replace('host: nas.example', 'host: "${SECRETS2_END}"');
    expect(misplaced([set('targets.nas.share', 'b')], written)).toEqual([]);
  });
});

/** As if it were changed in a way that changes have no word for. */
function misplacedBetween(before: string, after: string): string[] {
  const found = new SecretPlaces(file).misplaced(valuesWithSecrets(before), valuesWithSecrets(after), []);
  return found.map(({ path }) => keyOf(path));
}

describe('A stored secret comes to no place where it is shown', () => {
  test.each([
    ['another key', 'password: geheim-nas', 'domain: geheim-nas', 'targets.nas.domain'],
    ['that of its file', 'password: geheim-nas', 'password_file: geheim-nas', 'targets.nas.password'],
    ['another section', 'alarms: {', 'alarm: {', 'alarm.webhook_secret'],
    ['another type', 'type: smb', 'type: folder', 'targets.nas.password'],
  ])('%s', (_what, part, by, key) => {
    expect(misplacedBetween(stored, stored.replace(part, by))).toContain(key);
  });

  test('while it may be typed there, and what is in the open already stays so', () => {
    expect(misplaced([set('targets.nas.domain', 'geheim-nas')])).toEqual([]);
    const alike = stored.replace('password: geheim-nas', 'password: pbx');
    expect(misplaced([set('targets.nas.share', 'pbx')], alike)).toEqual([]);
    expect(misplaced([{ do: 'rename', at: ['targets', 'nas'], to: 'b' }], alike)).toEqual([]);
  });
});

describe('A secret that was written to a wrong place by hand is not shown', () => {
  test.each([
    ['a type that does not exist', 'type: smb', 'type: sbm'],
    ['another type', 'type: smb', 'type: folder'],
    ['a type from a variable', 'type: smb', 'type: "${TYPE}"'],
    ['a section that does not exist', 'alarms: {', 'alarm: {'],
    ['a list in an unknown section', 'webhook_secret: geheim-hook', 'x: [{ y: geheim }, geheim]'],
    ['a key that does not exist', 'password: geheim-nas', 'pasword: geheim-nas'],
    ['a key within a key', 'username: pbx, password: geheim-nas', 'username: { password: geheim-nas }'],
    ['a list', 'username: pbx, password: geheim-nas', 'username: [geheim-nas]'],
    ['a blank that was forgotten', /ari: .*/, 'ari: "password:geheim-ari"'],
    ['an alias of another place', 'password: geheim-ari', 'password: &p geheim-ari, username: *p'],
    ['the whole file', /[^]*/, 'password:geheim'],
  ])('%s', (_what, part, by) => {
    const text = stored.replace(part, () => by);
    expect(text).toContain(by);
    if (!by.includes('&p')) expect(JSON.stringify(writtenValues(text))).not.toContain('geheim');
    expect(shownText(text)).not.toContain('geheim');
  });

  test('while all that is known stays in sight, also where its type is wrong', () => {
    const { values, secrets } = writtenValues(stored.replace('type: smb', 'type: sbm')) ?? {};
    expect(values).toMatchObject({ targets: { nas: { type: 'sbm', host: 'nas.example', share: 'a' } } });
    expect(secrets).toContainEqual({ path: ['targets', 'nas', 'password'], how: 'text', source: undefined });
    const { secrets: usual = [] } = writtenValues(stored) ?? {};
    expect(usual).toHaveLength(12);
  });
});

test('encryption that a variable tells is what the variable says', () => {
  process.env.MITSCHNITT_TEST_TLS = 'none';
  try {
    const text = stored.replace('tls: none', 'tls: "${MITSCHNITT_TEST_TLS}"');
    const plain = [set('targets.old.tls', '${MITSCHNITT_TEST_TLS}')];
    expect(misplaced(plain, text)).toEqual(['targets.old.password']);
    expect(misplaced([set('targets.bare.ca', '/etc/own.pem')], text)).toEqual([]);
  } finally {
    delete process.env.MITSCHNITT_TEST_TLS;
  }
});

test('comments do not show what may be a secret: former ones, and those that stand elsewhere as well', () => {
  const text = `# The NAS of the telephone department: pbx / zebra-nas
asterisk:
  # in its own file
  ari: { password: "\${ARI}" } # was zebra-1
  ami:
    host: a.example # in the cellar
    # before: zebra-2
    secret: zebra-ami # and zebra-3
    # on the line below: zebra-9
    port: 5038
    # the usual one
    username: pbx
# password: zebra-4
# targets: { old: { type: ftp, password: zebra-5 } }
# private_key: |
#   -----BEGIN OPENSSH PRIVATE KEY-----
#   ${'zebra6'.repeat(8)}
targets:
  nas:
    type: smb # the big one
    password: zebra-nas
    # until May: zebra-7
  ftp:
    password_file: /etc/nas # zebra-8
  # below the section: zebra-10
  cloud: { type: webdav, password: zebra-cloud, url: "https://a.example" }
  # below its line: zebra-11
  other:
    type: folder
    # db_pw: zebra-12
    # PSK zebra-13
    # pass = zebra-14
    # https://pbx:zebra-15@b.example/
    # by the way: up to here
    path: /a
smtp:
  password: zebra-smtp
# at the end: zebra-16
`;
  const shown = shownText(text);
  expect(shown).not.toContain('zebra');
  for (const comment of [
    '# in its own file',
    '# in the cellar',
    '# the big one',
    '# the usual one',
    '# by the way: up',
  ])
    expect(shown).toContain(comment);
});

test('the sections of an alias are shown without their secrets, too', () => {
  const text = 'targets: { a: &t { type: smb, host: h, password: geheim }, b: *t }\n';
  expect(shownText(text)).toBe('targets: { a: &t { type: smb, host: h, password: "***" }, b: *t }\n');
});

test('a private key is typed with its lines', () => {
  const key =
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n\n  x: #y\n-----END OPENSSH PRIVATE KEY-----\n';
  const target = { type: 'sftp', host: 'h', username: 'x', private_key: key };
  for (const changes of [[set('targets.new', target)], [set('targets.nas.private_key', key)]]) {
    const after = valuesWithSecrets(changedText(stored, changes));
    expect(JSON.stringify(after)).toContain(JSON.stringify(key));
  }
});

test.each([['smtp'], ['asterisk.ari.password'], ['targets.nas.password'], ['targets']])(
  '%s is not given another key',
  (at) => {
    expect(() => changedText(stored, [{ do: 'rename', at: at.split('.'), to: 'x' }])).toThrow(
      'is not the name of a target',
    );
  },
);

test('one that was taken out of the file is not put in at another address afterwards', () => {
  const without = changedText(stored, [{ do: 'remove', at: ['targets', 'cloud'] }]);
  places.learn(valuesWithSecrets(stored));
  const target = { type: 'webdav', url: 'https://evil.example', username: 'x', password: '${CLOUD}' };
  expect(misplaced([set('targets.new', target)], without, places)).toEqual(['targets.new.password']);
  const same = { ...target, url: 'https://cloud.example' };
  expect(misplaced([set('targets.new', same)], without, places)).toEqual([]);
});

test('what is said of it has German words', () => {
  const changes = [set('targets.nas.host', 'evil.example'), set('targets.cloud.username', '${AMI_SECRET}')];
  changes.push(set('targets.old.username', '${HOME}'), set('alarms.webhook_secret', '${HOME}'));
  const exchanged = changedText(stored, changes).replace('secret_key:', 'region:');
  const after = valuesWithSecrets(exchanged);
  const found = new SecretPlaces(file).misplaced(valuesWithSecrets(stored), after, changes);
  const said = found.flatMap(({ message, allowed }) => [message, allowed]);
  // Two of five have the same way out.
  expect(new Set(said).size).toBe(9);
  expect(said.filter((each) => !Object.hasOwn(sayings, each))).toEqual([]);
});
