import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';

import { describe, expect, test } from 'vitest';

import { describeFault } from '../../src/config/faults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { changed, configOf, errorOf, faultsOf, file, load, smallest, useWorkspace } from './workspace.ts';

useWorkspace();

describe('a configuration', () => {
  test('gets the documented defaults', async () => {
    const config = await configOf(smallest);
    expect(config.asterisk.ari).toMatchObject({
      url: 'http://127.0.0.1:8088/ari',
      username: 'mitschnitt',
      app: 'mitschnitt',
    });
    expect(config.asterisk.ami).toMatchObject({
      host: '127.0.0.1',
      port: 5038,
      username: 'mitschnitt',
      tls: false,
    });
    expect(config.spool.path).toBe('/var/spool/asterisk/mitschnitt');
    expect(config.report).toEqual({
      enabled: true,
      language: 'de',
      path: '/var/spool/asterisk/mitschnitt/report',
      files: 'monthly',
      columns: [],
    });
    expect(config.catalogue).toEqual({ type: 'sqlite', path: '/var/lib/mitschnitt/catalogue.db' });
    expect(config.upload.every).toEqual({ kind: 'interval', ms: 300_000 });
    expect(config.naming).toEqual({ file: 'Aufnahme_{date}_{time}_{from}_{to}', folder: '' });
    expect(config.audio.min_duration).toBe(500);
    expect(config.retention.local).toBe(0);
    expect(config.log).toEqual({ level: 'info', format: 'text' });
    expect(config.prompts.path).toBe('/var/lib/mitschnitt/prompts');
    expect(config.groups[0]).toMatchObject({
      record: { incoming: true, outgoing: true, internal: false },
      announcement: {
        incoming: {
          mode: 'opt-out',
          prompt: 'ansage-opt-out',
          key: '1',
          timeout: 3_000,
          confirmation: 'abgelehnt',
        },
        outgoing: { mode: 'notice', prompt: 'ansage' },
      },
      language: 'de',
    });
  });

  test("takes the machine's time zone where none is given", async () => {
    const config = await configOf(changed(', timezone: Europe/Zurich', ''));
    expect(config.pbx.timezone).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  });

  test('keeps the report in the spool, wherever that is', async () => {
    expect((await configOf(`${smallest}spool: { path: /data/spool }\n`)).report.path).toBe(
      '/data/spool/report',
    );
  });

  test('takes values without quotes as they are written', async () => {
    const config = await configOf(
      changed('members: ["200"]', 'members: [0200, 0210-0219]')
        .replace('ami-secret', '0123')
        .replace('opt-out }', 'opt-out, key: 2 }'),
    );
    expect(config.groups[0]?.members).toEqual([
      { kind: 'extension', first: '0200', last: '0200' },
      { kind: 'extension', first: '0210', last: '0219' },
    ]);
    expect(config.asterisk.ami.secret.reveal()).toBe('0123');
    expect(config.groups[0]?.announcement.incoming).toMatchObject({ key: '2' });
  });

  test('takes a key without a value as not given', async () => {
    const config = await configOf(`${smallest}log:\nupload: { every: }\nreport: { path: ~ }\nweb:\n`);
    expect(config.log.level).toBe('info');
    expect(config.upload.every).toEqual({ kind: 'interval', ms: 300_000 });
  });

  test('may repeat what an anchor names', async () => {
    const text = changed('{ mode: opt-out }', '&same { mode: notice }').replace(
      'outgoing: { mode: notice }',
      'outgoing: *same',
    );
    expect((await configOf(text)).groups[0]?.announcement.outgoing).toEqual({
      mode: 'notice',
      prompt: 'ansage',
    });
  });

  test.each([
    ['500ms', 500],
    ['3s', 3_000],
    ['1.5s', 1_500],
    ['1m', 60_000],
    ['0s', 0],
  ])('reads %s as a duration', async (written, ms) => {
    const text = changed('{ mode: opt-out }', `{ mode: opt-out, timeout: ${written} }`);
    expect((await configOf(text)).groups[0]?.announcement.incoming).toMatchObject({ timeout: ms });
  });

  test.each([
    ['immediately', { kind: 'immediately' }],
    ['90s', { kind: 'interval', ms: 90_000 }],
    ['"*/10 6-20 * * mon-fri"', { kind: 'cron', pattern: '*/10 6-20 * * mon-fri' }],
  ])('reads %s as a schedule', async (written, schedule) => {
    expect((await configOf(`${smallest}upload: { every: ${written} }\n`)).upload.every).toEqual(schedule);
  });

  test('reads windows, rates, and what a target gets', async () => {
    const target = '{ type: folder, path: /a, connections: 7, bandwidth: 500 KB/s, sidecar: true }';
    const text = changed('{ type: folder, path: /srv/archiv }', target);
    const { upload, targets } = await configOf(
      `${text}upload: { windows: ["22:00-06:00", "12:30-24:00"], bandwidth: 10MB/s }\n`,
    );
    expect(upload).toMatchObject({
      windows: [
        { from: 1_320, to: 360 },
        { from: 750, to: 1_440 },
      ],
      bandwidth: 10_000_000,
    });
    expect(targets['archiv']).toMatchObject({ connections: 7, bandwidth: 500_000, sidecar: true });
  });

  test.each([
    ['none', 21],
    ['explicit', 21],
    ['implicit', 990],
  ])('reaches an FTP server with tls: %s at port %i', async (tls, port) => {
    const target = `{ type: ftp, host: nas.example, username: pbx, password: x, tls: ${tls} }`;
    const config = await configOf(changed('{ type: folder, path: /srv/archiv }', target));
    expect(config.targets['archiv']).toMatchObject({ type: 'ftp', port, path: '' });
  });

  test.each([
    ['true', true],
    ['{ ca: /etc/ssl/pbx.pem }', { ca: '/etc/ssl/pbx.pem' }],
  ])('reaches AMI with tls: %s at port 5039', async (written, tls) => {
    const config = await configOf(changed('secret: ami-secret', `secret: ami-secret, tls: ${written}`));
    expect(config.asterisk.ami).toMatchObject({ port: 5039, tls });
  });
});

describe('environment variables', () => {
  test('are put in anywhere in a value, in any form of YAML', async () => {
    const text = changed(
      '{ password: ari-password }',
      '{ password: ${A}, username: "x-${B}", url: \'http://${B}/ari\' }',
    ).replace('secret: ami-secret', 'secret: a${A}b, port: ${PORT}');
    const config = await configOf(text, { A: 'p#: {}"\n', B: 'host', PORT: '5040' });
    expect(config.asterisk.ari.password.reveal()).toBe('p#: {}"\n');
    expect(config.asterisk.ari).toMatchObject({ username: 'x-host', url: 'http://host/ari' });
    expect(config.asterisk.ami.secret.reveal()).toBe('ap#: {}"\nb');
    expect(config.asterisk.ami.port).toBe(5040);
  });

  test('are not put in twice, and stay text where the dollar is doubled', async () => {
    const config = await configOf(
      changed('ari-password', '${A}').replace('ami-secret', () => '$${A}'),
      {
        A: '${B}',
        B: 'no',
      },
    );
    expect(config.asterisk.ari.password.reveal()).toBe('${B}');
    expect(config.asterisk.ami.secret.reveal()).toBe('${A}');
  });

  test('that are missing are named, and not told again as a missing value', async () => {
    expect(await faultsOf(changed('ari-password', '${NO_SUCH}').replace('ami-secret', '"${1}"'))).toEqual([
      '2:20 asterisk.ari.password: the environment variable NO_SUCH is not set -> a variable that is set; for a literal ${ write $${',
      '3:18 asterisk.ami.secret: ${1} is not the name of an environment variable -> a variable that is set; for a literal ${ write $${',
    ]);
  });

  test('in comments are no concern', async () => {
    await expect(load(`# \${NO_SUCH}\n${smallest}`)).resolves.toBeDefined();
  });
});

describe('a secret', () => {
  test('is read from a file beside the configuration, without the line break at its end', async () => {
    await file('ari', 'from a file\n');
    const config = await configOf(changed('password: ari-password', 'password_file: ari'));
    expect(config.asterisk.ari.password.reveal()).toBe('from a file');
  });

  test('may not be given twice', async () => {
    await file('ari', 'x');
    expect(await faultsOf(changed('password: ari-password', 'password: a, password_file: ari'))).toEqual([
      '2:23 asterisk.ari.password_file: is given beside password -> either password or password_file',
    ]);
  });

  test('whose file does not exist is one fault', async () => {
    expect(await faultsOf(changed('password: ari-password', 'password_file: /no/such/file'))).toEqual([
      '2:10 asterisk.ari.password_file: the file does not exist: /no/such/file -> a file that contains the secret',
    ]);
  });

  test('is no large file, none of the system and none without an end', async () => {
    const link = join(dirname(await file('x', '')), 'link');
    await symlink('/proc/self/environ', link);
    const large = await file('large', 'x'.repeat(64 * 1024 + 1));
    for (const [path, why] of [
      [large, 'the file is larger than 64 KB'],
      ['/proc/self/environ', 'the file is below /proc, where no secret is'],
      ['/proc/self/root/etc/hostname', 'the file is below /proc, where no secret is'],
      [link, 'the file is below /proc, where no secret is'],
      ['/dev/zero', 'is a device or a pipe, not a file'],
      ['/etc', 'is a folder, not a file'],
    ] as const)
      expect(await faultsOf(changed('password: ari-password', `password_file: ${path}`))).toEqual([
        `2:10 asterisk.ari.password_file: ${why}: ${path} -> a file that contains the secret`,
      ]);
    await file('largest', 'x'.repeat(64 * 1024));
    const config = await configOf(changed('password: ari-password', 'password_file: largest'));
    expect(config.asterisk.ari.password.reveal()).toHaveLength(64 * 1024);
  });

  test('may be missing in no form', async () => {
    expect(await faultsOf(changed('{ password: ari-password }', '{ username: x }'))).toEqual([
      '2:3 asterisk.ari.password: is missing -> password or password_file: Password of that user',
    ]);
  });

  test('is never shown, however the configuration is printed', async () => {
    const config = await configOf(smallest);
    const printed = [
      inspect(config, { depth: null, showHidden: true }),
      JSON.stringify(config),
      config.asterisk.ari.password.toString(),
    ];
    for (const text of printed) expect(text).not.toMatch(/ari-password|ami-secret/);
    expect(JSON.stringify(config.asterisk.ari.password)).toBe('"***"');
  });

  test('that everybody may read is warned of', async () => {
    const path = await file('ari', 'x', 0o644);
    const { warnings } = await load(changed('password: ari-password', `password_file: ${path}`), {}, 0o644);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /mitschnitt\.yaml contains a secret and every user may read it: chmod o-r .*mitschnitt\.yaml$/,
      ),
      `asterisk.ari.password_file: the file ${path} contains a secret and every user may read it: chmod o-r ${path}`,
    ]);
  });

  test('that only its owner may read is not', async () => {
    expect((await load(smallest)).warnings).toEqual([]);
  });

  test('that is only named in the file is not', async () => {
    const variables = changed('ari-password', '${A}').replace('ami-secret', '${A}');
    expect((await load(variables, { A: 'x' }, 0o644)).warnings).toEqual([]);
  });
});

describe('faults', () => {
  test('are told all together, in their order, each with its place', async () => {
    const text = smallest
      .replace('{ password: ari-password }', '{ pasword: geheim, app: "mit leer" }')
      .replace('[PJSIP/trunk], timezone: Europe/Zurich', 'PJSIP/trunk, timezone: Europe/Zuerich')
      .replace('["200"]', '["200", "219-210", "queue:support"]')
      .replace('deliver_to: [archiv]', 'deliver_to: [archive]')
      .concat('web: { listen: 8484 }\nlog: { level: loud }\nlog: { level: info }\n');
    expect(await faultsOf(text)).toEqual([
      '2:3 asterisk.ari.password: is missing -> password or password_file: Password of that user',
      '2:10 asterisk.ari.pasword: is not a known key -> did you mean password?',
      '2:32 asterisk.ari.app: is not valid: "mit leer" -> a name of letters, digits, _ and -',
      '4:16 pbx.trunks: is not valid: "PJSIP/trunk" -> a list',
      '4:39 pbx.timezone: is no time zone: "Europe/Zuerich" -> a name of the IANA database such as Europe/Zurich',
      '7:22 groups[0].members[1]: has a first extension greater than the last: "219-210" -> an extension ("200"), a range ("210-219"), an endpoint (PJSIP/alice) or a queue (queue:support)',
      '11:18 groups[0].deliver_to[0]: is not a known target: "archive" -> one of the targets archiv',
      '14:16 web.listen: is not valid: "8484" -> an address and a port such as 127.0.0.1:8484',
      '16:1 log: is given twice -> each key once',
    ]);
  });

  test('make one error that says what it is', async () => {
    const path = await file('mitschnitt.yaml', 'log: { level: loud }\n');
    const error = await errorOf(loadConfig(path, {}));
    expect(error).toMatchObject({ code: 'configuration-invalid', fault: 'configuration', retry: false });
    expect(error.message.split('\n')[0]).toBe(`5 faults in the configuration ${path}:`);
    expect(error.faults.at(-1)).toEqual({
      place: `${path}:1:15`,
      key: 'log.level',
      path: ['log', 'level'],
      message: 'is not valid',
      value: '"loud"',
      allowed: 'error, warn, info or debug',
    });
  });

  test('are none as long as there is no group and a console: the rest can be set up there', async () => {
    const path = await file('mitschnitt.yaml', 'web: {}\n');
    const { config, warnings } = await loadConfig(path, {});
    expect(config).toMatchObject({ groups: [], targets: {}, pbx: { trunks: [] } });
    expect(warnings).toMatchObject([
      { code: 'no-groups', message: 'groups: there is none, so that no call is recorded' },
    ]);
    expect(config.asterisk.ari.password.reveal()).toBe('');
    expect(config.prompts).toMatchObject({ builtIn: expect.stringMatching(/\/sounds$/) as unknown });
  });

  test('are what is missing for the first group', async () => {
    const group =
      'groups: [{ name: x, members: ["1"], record: { incoming: false, outgoing: false }, deliver_to: [a] }]';
    const path = await file('mitschnitt.yaml', `${group}\ntargets: { a: { type: folder, path: /a } }\n`);
    const error = await errorOf(loadConfig(path, {}));
    expect(error.faults.map(({ key, message }) => `${key} ${message}`).sort()).toEqual([
      'asterisk.ami.secret is missing',
      'asterisk.ari.password is missing',
      'pbx.trunks is missing',
    ]);
  });

  test('never show a secret, wherever it stands and whatever is wrong around it', async () => {
    const geheim = 'GEHEIM-4711';
    const texts = [
      changed('{ password: ari-password }', `{ password: [${geheim}] }`),
      changed('{ password: ari-password }', `{ password: { x: ${geheim} } }`),
      changed('{ password: ari-password }', `{ pasword: ${geheim} }`),
      changed('{ password: ari-password }', `{ password: "${geheim}" "${geheim}" }`),
      changed('{ password: ari-password }', `{ password: ${geheim}: ${geheim} }`),
      changed('{ password: ari-password }', `{ password: "${geheim}\\q" }`),
      changed('{ password: ari-password }', `{ password: x, url: "ftp://u:${geheim}@h/" }`),
      changed('{ password: ari-password }', '{ password: x, app: "${GEHEIM} x" }'),
      changed('type: folder, path: /srv/archiv', `type: smbb, password: ${geheim}`),
      changed('type: folder, path: /srv/archiv', `type: folder, path: /x, password: ${geheim}`),
      changed('type: folder, path: /srv/archiv', `type: s3, secret_key: ${geheim}`),
      `${smallest}catalogue: { type: postgres, url: "postgres://u:${geheim}@h/d" }\n`,
      `${smallest}alarms: { webhook: "x://h/?token=${geheim}" }\n`,
      `${smallest}smtp: { password: ${geheim} }\n`,
      `${smallest}upload: { every: "$\{GEHEIM} * * * *" }\n`,
    ];
    for (const text of texts) {
      const error = await errorOf(load(text, { GEHEIM: geheim }));
      expect(`${error.message}${JSON.stringify(error.faults)}`, text).not.toContain('4711');
    }
  });

  test('show a value on one line, and no more of it than is needed', async () => {
    const [fault] = await faultsOf(changed('name: Verkauf', `name: "\\e[2J\\u202e${'x'.repeat(100)}"`));
    expect(fault).toBe(
      `6:11 groups[0].name: is not valid: "\\u001b[2J\\u202e${'x'.repeat(55)}..." -> text of 1 to 64 characters in one line`,
    );
  });
});

describe('a file', () => {
  test.each([
    ['is empty', '', 'the file is empty'],
    ['has only comments', '# nothing\n', 'the file is empty'],
    ['is a list', '- asterisk\n', '1:1: is not valid -> a section of keys and values'],
    ['is a word', 'asterisk\n', '1:1: is not valid: "asterisk" -> a section of keys and values'],
    [
      'is indented by tabs',
      'pbx:\n\ttrunks: []\n',
      '2:1: is not valid YAML: Tabs are not allowed as indentation',
    ],
    ['has an open bracket', 'pbx: { trunks: [\n', /^2:1: is not valid YAML: Flow sequence/],
    [
      'has two documents',
      `${smallest}---\nlog:\n`,
      /^14:1: is not valid YAML: Source contains multiple documents/,
    ],
    ['has an unknown anchor', `${smallest}log: *nothing\n`, '14:6 log: the anchor &nothing does not exist'],
    ['contains itself', `${smallest}x: &x [*x]\n`, /14:7 x\[0\]: contains itself through an alias/],
    [
      'has an unknown tag',
      `${smallest}log: !js { level: info }\n`,
      /^14:6: is not valid YAML: Unresolved tag: !js/,
    ],
  ])('that %s is refused with its place', async (_what, text, fault) => {
    const faults = await faultsOf(text);
    expect(faults).toContainEqual(
      typeof fault === 'string' ? expect.stringContaining(fault) : expect.stringMatching(fault),
    );
  });

  test('cannot fill the memory by aliases within aliases', async () => {
    const levels = Array.from(
      { length: 20 },
      (_, at) =>
        `l${String(at + 1)}: &l${String(at + 1)} [${Array(9)
          .fill(`*l${String(at)}`)
          .join(', ')}]`,
    );
    expect((await faultsOf(`l0: &l0 [x]\n${levels.join('\n')}\n`)).join('\n')).toContain(
      'repeats anchors more than 100 times',
    );
  });

  test('that does not exist, is a folder or no text is refused with its name', async () => {
    const told = async (path: string) => (await errorOf(loadConfig(path, {}))).faults.map(describeFault);
    expect(await told('/no/such/mitschnitt.yaml')).toEqual([
      '/no/such/mitschnitt.yaml: the file does not exist',
    ]);
    expect(await told('/')).toEqual(['/: is a folder, not a file']);
    const binary = await file('binary', Uint8Array.of(0xff, 0xfe, 0x00));
    expect(await told(binary)).toEqual([`${binary}: the file is not text in UTF-8`]);
  });
});
