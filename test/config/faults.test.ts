import { describe, expect, test } from 'vitest';

import { changed, faultsOf, load, smallest, useWorkspace } from './workspace.ts';

useWorkspace();

const member =
  'an extension ("200"), a range ("210-219"), an endpoint (PJSIP/alice) or a queue (queue:support)';
const target = '{ type: folder, path: /srv/archiv }';
const incoming = '{ mode: opt-out }';
const yes = (section: string) => `${smallest}${section}\n`;

const issuer =
  'an address that begins with https:// (on this machine also http://), as the provider names itself';
const oidc = ({ issuer = 'https://login.example/', roles = '{ auditor: [a] }', more = '' }) =>
  `{ issuer: ${issuer}, client_id: x, client_secret: y, roles: ${roles}${more} }`;

/** What is written, and the only fault that it makes. */
const faults: readonly (readonly [text: string, fault: string])[] = [
  [changed('["200"]', '[]'), 'groups[0].members: is not valid -> at least one member'],
  [
    changed('"200"', '"210-21"'),
    `groups[0].members[0]: has a first and a last extension of different length: "210-21" -> ${member}`,
  ],
  [changed('"200"', 'PJSIP-alice'), `groups[0].members[0]: is no member: "PJSIP-alice" -> ${member}`],
  [changed('"200"', '"PJSIP/a,b"'), `groups[0].members[0]: is no member: "PJSIP/a,b" -> ${member}`],
  [changed('"200"', '"queue:"'), `groups[0].members[0]: is no member: "queue:" -> ${member}`],
  [changed('"200"', '[x]'), 'groups[0].members[0]: is not valid -> text'],
  [
    changed('    deliver_to: [archiv]\n', ''),
    'groups[0].deliver_to: is missing -> Names of the targets that get the recordings of this group',
  ],
  [
    yes(`web: { oidc: ${oidc({ issuer: 'http://login.example' })} }`),
    `web.oidc.issuer: is no such address: "http://login.example" -> ${issuer}`,
  ],
  [
    yes(`web: { oidc: ${oidc({ issuer: '"https://me:pw@login.example"' })} }`),
    `web.oidc.issuer: contains a user name or password: "https://***@login.example" -> ${issuer}`,
  ],
  [
    yes(`web: { oidc: ${oidc({ roles: '{ administrator: [] }' })} }`),
    'web.oidc.roles: gives nobody a role -> at least one value of the claim for one role',
  ],
  [
    yes(`web: { oidc: ${oidc({ roles: '{ supervisor: { Einkauf: [a] } }' })} }`),
    'web.oidc.roles.supervisor.Einkauf: is not a known group -> one of the groups Verkauf',
  ],
  [
    yes(`web: { oidc: ${oidc({ more: ', scopes: [profile]' })} }`),
    'web.oidc.scopes: does not ask who somebody is -> openid among them',
  ],
  [
    yes('web: { oidc: { issuer: "http://127.0.0.1:8080", client_id: x, roles: { auditor: [a] } } }'),
    'web.oidc.client_secret: is missing -> client_secret or client_secret_file: Secret of that registration',
  ],
  [changed('[archiv]', '[]'), 'groups[0].deliver_to: is not valid -> at least one target'],
  [
    changed('[archiv]', '[nas]'),
    'groups[0].deliver_to[0]: is not a known target: "nas" -> one of the targets archiv',
  ],
  [
    changed(`targets:\n  archiv: ${target}\n`, ''),
    'groups[0].deliver_to[0]: is not a known target: "archiv" -> a target; the section targets has none',
  ],
  [
    changed('      outgoing: { mode: notice }\n', ''),
    'groups[0].announcement.outgoing: is missing, and record.outgoing is on -> mode: notice, opt-out or opt-in; say mode: none to record without announcement',
  ],
  [
    changed('    announcement:', '    record: { internal: true }\n    announcement:'),
    'groups[0].announcement.internal: is missing, and record.internal is on -> mode: notice, opt-out or opt-in; say mode: none to record without announcement',
  ],
  [
    changed(incoming, '{ mode: optout }'),
    'groups[0].announcement.incoming.mode: is not valid: "optout" -> none, notice, opt-out or opt-in',
  ],
  [
    changed(incoming, '{ prompt: x }'),
    'groups[0].announcement.incoming.mode: is missing -> none, notice, opt-out or opt-in',
  ],
  [
    changed(incoming, '{ mode: notice, key: 1 }'),
    'groups[0].announcement.incoming.key: has no meaning with mode: notice -> only with mode: opt-out or mode: opt-in',
  ],
  [
    changed(incoming, '{ mode: opt-in, key: 10 }'),
    'groups[0].announcement.incoming.key: is not valid: "10" -> one of 0 to 9, * and #',
  ],
  [
    changed(incoming, '{ mode: opt-in, timeout: 3 }'),
    'groups[0].announcement.incoming.timeout: is not valid: "3" -> a duration such as 500ms, 3s, 5m, 24h or 7d, from 0s to 60s',
  ],
  [
    changed(incoming, '{ mode: opt-in, timeout: 2m }'),
    'groups[0].announcement.incoming.timeout: is not from 0s to 60s: "2m" -> a duration such as 500ms, 3s, 5m, 24h or 7d, from 0s to 60s',
  ],
  [
    changed(incoming, '{ mode: notice, prompt: ../../etc/passwd }'),
    'groups[0].announcement.incoming.prompt: is not valid: "../../etc/passwd" -> a name of letters, digits, . _ and -, beginning with a letter or digit',
  ],
  [
    changed('deliver_to', 'language: ../x\n    deliver_to'),
    'groups[0].language: is not valid: "../x" -> a language such as de, en or de_CH',
  ],
  [
    changed('["200"]', '["200"]\n    record: { incoming: ja }'),
    'groups[0].record.incoming: is not valid: "ja" -> true, false or on-demand',
  ],
  [
    changed(target, '{ path: /x }'),
    'targets.archiv.type: is missing -> folder, ftp, smb, sftp, s3, webdav or email',
  ],
  [
    changed(target, '{ type: tftp }'),
    'targets.archiv.type: is not valid: "tftp" -> folder, ftp, smb, sftp, s3, webdav or email',
  ],
  [
    changed(target, '{ type: folder, path: x }'),
    'targets.archiv.path: is not valid: "x" -> an absolute path, beginning with /',
  ],
  [
    changed(target, '{ type: folder, path: /x, share: y }'),
    'targets.archiv.share: has no meaning with type: folder -> only with type: smb',
  ],
  [
    changed(target, '{ type: smb, host: h, share: s, path: "a:b", username: u, password: p }'),
    'targets.archiv.path: is not valid: "a:b" -> a folder of the share, without : * ? " < > |',
  ],
  [
    changed(target, '{ type: smb, host: h, share: s, username: "u%x", password: p }'),
    'targets.archiv.username: is not valid: "u%x" -> text of 1 to 255 characters in one line, without %',
  ],
  [
    changed(
      target,
      '{ type: s3, bucket: b-1, access_key: a, secret_key: s, object_lock: { retention: 30d } }',
    ),
    'targets.archiv.object_lock: is incomplete -> mode and retention together',
  ],
  [
    changed(target, '{ type: s3, bucket: b-1, access_key: a, secret_key: s, object_lock: {} }'),
    'targets.archiv.object_lock: locks nothing -> mode and retention, or legal_hold: true',
  ],
  [
    changed(target, '{ type: s3, bucket: b-1, access_key: a, secret_key: s, kms_key: k }'),
    'targets.archiv.kms_key: is not used: "k" -> encryption: aws:kms beside it',
  ],
  [
    changed(target, '{ type: ftp, host: h, username: u, password: p, tls: yes }'),
    'targets.archiv.tls: is not valid: "yes" -> none, explicit or implicit',
  ],
  [
    changed(target, '{ type: ftp, host: h, username: u, password: p, port: 70000 }'),
    'targets.archiv.port: is not valid: "70000" -> a whole number from 1 to 65535',
  ],
  [
    changed(target, '{ type: ftp, host: "h/x", username: u, password: p }'),
    'targets.archiv.host: is not valid: "h/x" -> a host name or IP address',
  ],
  [
    changed(target, '{ type: ftp, host: h, username: u, password: "" }'),
    'targets.archiv.password: is empty -> text that is not empty',
  ],
  [
    yes('  "a/b": { type: folder, path: /x }'),
    'targets.a/b: is not valid -> a name of letters, digits, . _ and -',
  ],
  [
    changed('trunks: [PJSIP/trunk]', 'trunks: [trunk]'),
    'pbx.trunks[0]: is not valid: "trunk" -> an endpoint such as PJSIP/trunk',
  ],
  [
    changed('trunks: [PJSIP/trunk], ', ''),
    'pbx.trunks: is missing -> Endpoints (Technology/name) behind which external parties are. [] if all calls are internal',
  ],
  [
    changed('Europe/Zurich', '"+01:00"'),
    'pbx.timezone: is no time zone: "+01:00" -> a name of the IANA database such as Europe/Zurich',
  ],
  [
    changed('ari-password', 'x, url: http://pbx@localhost/ari'),
    'asterisk.ari.url: contains a user name or password: "http://***@localhost/ari" -> an address that begins with http:// or https://, without user name and password',
  ],
  [
    changed('ami-secret', 'x, tls: maybe'),
    'asterisk.ami.tls: is not valid: "maybe" -> true, false or { ca: /path/to/authority.pem }',
  ],
  [
    changed('ami-secret', 'x, tls: { ca: x }'),
    'asterisk.ami.tls.ca: is not valid: "x" -> an absolute path, beginning with /',
  ],
  [changed('ami-secret', 'x, tls: {}'), 'asterisk.ami.tls.ca: is missing -> PEM file of the authority'],
  [
    yes('spool: { path: "/a,b" }'),
    'spool.path: is not valid: "/a,b" -> an absolute path of letters, digits, / . _ and -',
  ],
  [
    yes('spool: { path: /a/../b }'),
    'spool.path: is not valid: "/a/../b" -> an absolute path of letters, digits, / . _ and -',
  ],
  [
    yes('upload: { every: "61 * * * *" }'),
    'upload.every: is no schedule (Invalid value for minute: 61): "61 * * * *" -> immediately, a duration of at least 1s such as 5m, or a cron expression such as "0 * * * *"',
  ],
  [
    yes('upload: { every: often }'),
    'upload.every: is no schedule (it has not five fields): "often" -> immediately, a duration of at least 1s such as 5m, or a cron expression such as "0 * * * *"',
  ],
  [
    yes('upload: { windows: ["6-22"] }'),
    'upload.windows[0]: is no stretch of the day: "6-22" -> a stretch of the day such as 22:00-06:00',
  ],
  [
    yes('upload: { windows: ["25:00-26:00"] }'),
    'upload.windows[0]: is no stretch of the day: "25:00-26:00" -> a stretch of the day such as 22:00-06:00',
  ],
  [
    yes('upload: { windows: ["08:00-08:00"] }'),
    'upload.windows[0]: begins when it ends: "08:00-08:00" -> a stretch of the day such as 22:00-06:00',
  ],
  [
    yes('upload: { bandwidth: fast }'),
    'upload.bandwidth: is no rate: "fast" -> a size per second such as 500KB/s or 10MB/s, at least 1KB/s',
  ],
  [
    yes('upload: { bandwidth: 10B/s }'),
    'upload.bandwidth: is less than 1KB/s: "10B/s" -> a size per second such as 500KB/s or 10MB/s, at least 1KB/s',
  ],
  [
    yes('upload: { every: 10ms }'),
    'upload.every: is shorter than a second: "10ms" -> immediately, a duration of at least 1s such as 5m, or a cron expression such as "0 * * * *"',
  ],
  [yes('naming: { folder: /x }'), 'naming.folder: is no template'],
  [yes("naming: { file: '{name}' }"), 'naming.file: is no template (unknown placeholder {name}'],
  [
    yes('report: { columns: [outcome, colour] }'),
    'report.columns[1]: is not valid: "colour" -> caller, called, start, talk_time, recording, outcome, rule, direction, group, start_iso, talk_seconds, id, call_id or linked_id',
  ],
  [yes('report: { enabled: no }'), 'report.enabled: is not valid: "no" -> true or false'],
  [yes('catalogue: { path: /x }'), 'catalogue.type: is missing -> sqlite or postgres'],
  [yes('log: { levle: info }'), 'log.levle: is not a known key -> did you mean level?'],
  [yes('log: { colour: red }'), 'log.colour: is not a known key -> level or format'],
  [yes('log: info'), 'log: is not valid: "info" -> a section of keys and values'],
  [yes('reprot:'), 'reprot: is not a known key -> did you mean report?'],
];

describe('a fault', () => {
  test.each(faults.map(([text, fault]) => [fault, text] as const))('%s', async (expected, text) => {
    const found = (await faultsOf(text)).map((fault) => fault.replace(/^\d+:\d+ /, ''));
    expect(found).toEqual([expect.stringContaining(expected)]);
  });

  test('of two groups with one name is told at the second', async () => {
    const second =
      '  - { name: Verkauf, members: [PJSIP/alice], record: { outgoing: false }, announcement: { incoming: { mode: none } }, deliver_to: [archiv] }\n';
    expect(await faultsOf(changed('targets:', `${second}targets:`))).toEqual([
      '12:13 groups[1].name: is the name of an earlier group: "Verkauf" -> a name of its own for each group',
    ]);
  });

  test('of form in a section hides none across sections', async () => {
    const text = changed('["200"]', '[x y]')
      .replace('{ mode: opt-out }', '{ mode: opt-out, key: x }')
      .replace('[archiv]', '[nas]')
      .replace('      outgoing: { mode: notice }\n', '');
    expect((await faultsOf(text)).map((fault) => fault.replace(/^\S+ (\S+): .*/, '$1'))).toEqual([
      'groups[0].members[0]',
      'groups[0].announcement.outgoing',
      'groups[0].announcement.incoming.key',
      'groups[0].deliver_to[0]',
    ]);
  });
});

/** Everything whose feature comes later: each is one fault, and not silently without effect. */
const later: readonly (readonly [text: string, key: string])[] = [
  [yes('catalogue: { type: postgres, url: "postgres://u:p@h/d" }'), 'catalogue.type'],
];

describe('what is not supported yet', () => {
  test.each(later.map(([text, key]) => [key, text] as const))('is refused: %s', async (key, text) => {
    expect(await faultsOf(text)).toEqual([expect.stringContaining(` ${key}: is not supported yet`)]);
  });

  test('is accepted where it asks for what happens anyway', async () => {
    const group = 'audio: { channels: mono, sample_rate: 8000 }\n    deliver_to';
    await expect(load(`${changed('deliver_to', group)}retention: { local: 0d }\n`)).resolves.toBeDefined();
  });

  test('is checked for mistakes all the same', async () => {
    expect(
      await faultsOf(`${smallest}alarms: { after: 0, emial: [x] }\nstorage: { warn: 96%, stop: 95% }\n`),
    ).toEqual([
      '14:18 alarms.after: is not valid: "0" -> a whole number from 1 to 1000000',
      '14:21 alarms.emial: is not a known key -> did you mean email?',
      '15:18 storage.warn: is above storage.stop: "96%" -> at most storage.stop',
    ]);
  });
});
