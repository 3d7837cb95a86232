// Whoever edits the configuration without seeing its secrets does not get one by another address.
import { describe, expect, test } from 'vitest';

import { changedText, valuesWithSecrets, type Change, type Plain } from '../../src/config/changes.ts';
import { keyOf } from '../../src/config/faults.ts';
import { SecretPlaces } from '../../src/config/secret-places.ts';
import { sayings } from '../../src/web/console/language/de/sayings.ts';

const file = '/etc/mitschnitt/mitschnitt.yaml';
const stored = `
asterisk:
  ari: { password: geheim-ari }
  ami: { secret: "\${AMI_SECRET}" }
smtp: { host: mail.example, username: pbx, password_file: smtp-password, from: pbx@example.com }
alarms: { webhook: "https://hooks.example/a", webhook_secret: geheim-hook }
targets:
  nas: { type: smb, host: nas.example, share: a, username: pbx, password: geheim-nas }
  cloud: { type: webdav, url: "https://cloud.example/a", username: pbx, password: "\${CLOUD}" }
  bucket: { type: s3, bucket: aufnahmen, access_key: A, secret_key: geheim-s3 }
  old: { type: ftp, host: ftp.example, username: pbx, password: "vor\${FTP}nach" }
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
  ['that of Asterisk (ARI)', 'asterisk.ari.password', [set('asterisk.ari.url', 'http://evil.example/ari')]],
  ['that of Asterisk (AMI)', 'asterisk.ami.secret', [set('asterisk.ami.host', 'evil.example')]],
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
  for (const password of ['another', 'geheim-nas', '${NEVER_SEEN}'])
    expect(misplaced([moved, set('targets.nas.password', password)]), password).toEqual([]);
  // Typed, but not as a secret.
  expect(misplaced([moved, set('targets.nas.username', 'geheim-nas')])).toEqual(['targets.nas.password']);
  const file = [
    { do: 'remove', at: ['targets', 'nas', 'password'] } as const,
    set('targets.nas.password_file', 'new'),
  ];
  expect(misplaced([moved, ...file])).toEqual([]);
});

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
  const after = valuesWithSecrets(changedText(stored, changes));
  const found = new SecretPlaces(file).misplaced(valuesWithSecrets(stored), after, changes);
  const said = found.flatMap(({ message, allowed }) => [message, allowed]);
  expect(said).toHaveLength(4);
  expect(said.filter((each) => !Object.hasOwn(sayings, each))).toEqual([]);
});
