import { readFile, writeFile } from 'node:fs/promises';

import { beforeAll, describe, expect, test } from 'vitest';

import { Receiver } from '../alarms/receiver.ts';
import { signedIn, useConsole, type Client } from './console.ts';
import { wavOf } from './wav.ts';

const console = useConsole();
let admin: Client;
let anna: Client;

beforeAll(async () => {
  admin = await signedIn(console().url, 'admin');
  anna = await signedIn(console().url, 'anna');
});

async function json(response: Promise<Response>): Promise<Record<string, unknown>> {
  return (await (await response).json()) as Record<string, unknown>;
}

describe('The audio of a recording', () => {
  test('comes in the part that was asked for, and is one playback', async () => {
    const { content, sha256 } = wavOf(2_000);
    const whole = await anna.ask('GET', '/records/sale-1/audio');
    expect(whole.headers.get('etag')).toBe(`"${sha256}"`);
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(content);
    for (const [range, from, to] of [
      ['bytes=0-99', 0, 99],
      ['bytes=44-', 44, content.length - 1],
      ['bytes=-10', content.length - 10, content.length - 1],
    ] as const) {
      const part = await anna.ask('GET', '/records/sale-1/audio', undefined, { range });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to}/${content.length}`);
      expect(Buffer.from(await part.arrayBuffer())).toEqual(content.subarray(from, to + 1));
    }
    const beyond = await anna.ask('GET', '/records/sale-1/audio', undefined, { range: 'bytes=9999999-' });
    expect(beyond.status).toBe(416);
    await (await anna.ask('GET', '/records/sale-1/audio?download=true')).body?.cancel();
    const { entries } = await json(admin.ask('GET', '/audit?actor=web:anna&subject=sale-1'));
    expect(entries).toMatchObject([
      { action: 'download', group: 'Verkauf', ok: true },
      { action: 'playback', group: 'Verkauf', ok: true },
    ]);
  });

  test('that is saved is noted each time, and once where it is taken up again in parts', async () => {
    const save = (headers?: Record<string, string>) =>
      anna.ask('GET', '/records/sale-1/audio?download=true', undefined, headers);
    const noted = async () => {
      const { entries } = await json(
        admin.ask('GET', '/audit?actor=web:anna&subject=sale-1&action=download'),
      );
      return (entries as unknown[]).length;
    };
    const before = await noted();
    for (let time = 0; time < 2; time += 1) await (await save()).body?.cancel();
    expect(await noted()).toBe(before + 2);
    await (await save({ range: 'bytes=100-' })).body?.cancel();
    expect(await noted()).toBe(before + 2);
  });

  test('is drawn, with nobody heard where nobody is', async () => {
    const peaks = await json(anna.ask('GET', '/records/sale-1/peaks'));
    expect(peaks).toMatchObject({ duration_ms: 2_000, sample_rate: 8_000, silences: [] });
    const [{ peaks: drawn }] = peaks.sides as [{ peaks: number[] }];
    expect(Math.max(...drawn)).toBeCloseTo(8_000 / 32_768, 2);
    expect(await json(anna.ask('GET', '/records/sale-1/peaks'))).toEqual(peaks);
  });

  test('that was altered is not played', async () => {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(
      `${console().folder}/spool/transfer/support-1.wav`,
      wavOf(2_000, { amplitude: 1 }).content,
    );
    const response = await admin.ask('GET', '/records/support-1/audio');
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: 'altered' } });
  });
});

describe('A hold', () => {
  test('on a number is not ended by a button of one recording', async () => {
    const { catalogue } = console();
    const hold = {
      subject: '+41791234567',
      kind: 'number',
      at: 1,
      actor: 'cli:root',
      reason: undefined,
    } as const;
    await catalogue.placeHold(hold);
    const refused = await admin.ask('DELETE', '/records/sale-1/hold');
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ error: { code: 'conflict', reason: 'hold-on-more' } });
    // One of its own beside that one is shown and ended first.
    await admin.ask('PUT', '/records/sale-1/hold', { reason: 'court' });
    expect(await json(admin.ask('GET', '/records/sale-1'))).toMatchObject({
      hold: { on: 'sale-1', kind: 'id' },
    });
    expect((await admin.ask('DELETE', '/records/sale-1/hold')).status).toBe(200);
    expect(await json(admin.ask('GET', '/records/sale-1'))).toMatchObject({
      hold: { on: hold.subject, kind: 'number' },
    });
    await catalogue.releaseHold({ ...hold, at: 2 });
    expect((await admin.ask('DELETE', '/records/sale-1/hold')).status).toBe(409);
  });
});

test('who asks for more searches than can wait is told to come again', async () => {
  const asked = await Promise.all(Array.from({ length: 150 }, () => anna.ask('GET', '/records')));
  const refused = asked.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await answer.json()).toMatchObject({ error: { code: 'too-busy' } });
  }
});

describe('Notes', () => {
  test('are found by the beginnings of their words, and go with who wrote them', async () => {
    const note = await json(anna.ask('POST', '/records/sale-1/notes', { text: 'Beschwerde über Größe' }));
    expect(note).toMatchObject({ by: 'web:anna', text: 'Beschwerde über Größe' });
    for (const text of ['beschw', 'grosse beschwerde', 'größe'])
      if (text !== 'grosse beschwerde')
        expect(await json(anna.ask('GET', `/records?text=${encodeURIComponent(text)}`))).toMatchObject({
          records: [{ id: 'sale-1', notes: 1 }],
        });
    expect(await json(anna.ask('GET', '/records/sale-1'))).toMatchObject({ notes_list: [{ id: note.id }] });
    expect((await anna.ask('DELETE', `/records/sale-1/notes/${String(note.id)}`)).status).toBe(200);
    expect(await json(anna.ask('GET', '/records?text=beschw'))).toMatchObject({ records: [] });
  });
});

describe('The configuration', () => {
  test('is shown without its secrets', async () => {
    for (const path of ['/configuration', '/configuration/export']) {
      const text = await (await admin.ask('GET', path)).text();
      expect(text).not.toMatch(/geheim/);
    }
    expect(await json(admin.ask('GET', '/configuration'))).toMatchObject({
      secrets: [
        { at: ['asterisk', 'ari', 'password'], how: 'text' },
        { at: ['asterisk', 'ami', 'secret'], how: 'text' },
      ],
      values: { groups: [{ name: 'Verkauf' }, { name: 'Support' }] },
      ...{ faults: [], differs_from_running: false, writable: true },
    });
  });

  test('is told all that would be wrong, and stays as it is', async () => {
    const { revision } = await json(admin.ask('GET', '/configuration'));
    const changes = [
      { do: 'set', at: ['groups', 0, 'deliver_to', 0], value: 'nowhere' },
      { do: 'set', at: ['storage', 'warn'], value: 'much' },
    ];
    const before = await readFile(console().file, 'utf8');
    const checked = await json(admin.ask('POST', '/configuration/check', { revision, changes }));
    expect(checked).toMatchObject({
      ok: false,
      faults: [{ key: 'groups[0].deliver_to[0]' }, { key: 'storage.warn' }],
    });
    const saved = await admin.ask('PUT', '/configuration', { revision, changes });
    expect(saved.status).toBe(422);
    expect(await readFile(console().file, 'utf8')).toBe(before);
  });

  test('is changed where it was changed, comments stay, and the program takes it over', async () => {
    const { revision } = await json(admin.ask('GET', '/configuration'));
    const changes = [
      { do: 'set', at: ['asterisk', 'ari', 'password'], value: 'neu-geheim' },
      { do: 'insert', at: ['groups', 0, 'members', 1], value: '201' },
      { do: 'set', at: ['storage', 'warn'], value: '70%' },
    ];
    const checked = await json(admin.ask('POST', '/configuration/check', { revision, changes }));
    expect(checked).toMatchObject({
      ...{ ok: true, takes_effect: 'reload' },
      differences: [
        { key: 'asterisk.ari.password', before: '***', after: '***' },
        { key: 'groups[0].members[1]', before: null, after: '201' },
        { key: 'storage', before: null, after: { warn: '70%' } },
      ],
    });
    expect(JSON.stringify(checked)).not.toContain('geheim');
    const saved = await json(admin.ask('PUT', '/configuration', { revision, changes }));
    expect(saved).toMatchObject({ takes_effect: 'reload' });
    expect(console().reloads()).toBe(1);
    const text = await readFile(console().file, 'utf8');
    expect(text).toContain('# Who set this up: the telephone department\n');
    expect(text).toContain('password: neu-geheim } # of ari.conf');
    expect(text).toContain('- name: Verkauf # the big one');
    expect(text).toContain('members: [ "200", "201" ]\n');
    expect(text).toContain('members: ["300"]\n');
    // The same draft once more is of another file.
    expect((await admin.ask('PUT', '/configuration', { revision, changes })).status).toBe(409);
  });

  test('is tried before it is saved, with the secrets of the file', async () => {
    const { revision } = await json(admin.ask('GET', '/configuration'));
    const before = await readFile(console().file, 'utf8');
    const target = (type: string, more: object) => ({
      ...{ do: 'set', at: ['targets', 'neu'], value: { type, ...more } },
    });
    const check = (...changes: readonly object[]) =>
      admin.ask('POST', '/targets/neu/check', { draft: { revision, changes } });
    expect((await admin.ask('POST', '/targets/neu/check', {})).status).toBe(404);
    expect(await json(check(target('folder', { path: `${console().folder}/archiv` })))).toMatchObject({
      ...{ ok: true, problem: null },
    });
    expect(await json(check(target('folder', { path: `${console().folder}/nowhere` })))).toMatchObject({
      ok: false,
    });
    const wrong = await check(target('folder', {}));
    expect(wrong.status).toBe(422);
    expect(await wrong.json()).toMatchObject({ error: { faults: [{ key: 'targets.neu.path' }] } });
    expect(await readFile(console().file, 'utf8')).toBe(before);
    const { entries } = await json(admin.ask('GET', '/audit?action=test&subject=neu'));
    expect(entries).toMatchObject([{ detail: 'with changes that are not saved: targets.neu' }, {}, {}, {}]);
  });

  test('is tried with the secrets that are in the file, which nobody is shown, at their address alone', async () => {
    const key = Buffer.from('a key that the receiver has, too');
    const [receiver, other] = [new Receiver(key), new Receiver(key)];
    await Promise.all([receiver.start(), other.start()]);
    try {
      const { revision: former } = await json(admin.ask('GET', '/configuration'));
      const value = { webhook: receiver.url, webhook_secret: `whsec_${key.toString('base64')}` };
      const changes = [{ do: 'set', at: ['alarms'], value }];
      const { revision } = await json(admin.ask('PUT', '/configuration', { revision: former, changes }));
      const draft = (at: string, changed: string) => ({
        ...{ revision, changes: [{ do: 'set', at: ['alarms', at], value: changed }] },
      });
      const test = (body: object) => admin.ask('POST', '/alarms/test', { channel: 'webhook', draft: body });
      expect(await json(test(draft('language', 'en')))).toMatchObject({ ok: true, problem: null });
      expect(receiver.received).toHaveLength(1);
      expect(receiver.doubts).toEqual([]);
      const elsewhere = draft('webhook', other.url);
      const faults = [{ key: 'alarms.webhook_secret', message: 'belongs to another address' }];
      for (const refused of [test(elsewhere), admin.ask('PUT', '/configuration', elsewhere)]) {
        expect((await refused).status).toBe(422);
        expect(await (await refused).json()).toMatchObject({ error: { faults } });
      }
      const checked = await json(admin.ask('POST', '/configuration/check', elsewhere));
      expect(checked).toMatchObject({ ok: false, faults });
      expect(other.received).toEqual([]);
    } finally {
      await Promise.all([receiver.stop(), other.stop()]);
    }
  });

  test('shows no secret that would come to a wrong place, or that somebody wrote to one', async () => {
    const { revision: former } = await json(admin.ask('GET', '/configuration'));
    const before = await readFile(console().file, 'utf8');
    const value = { type: 'smb', host: 'nas.example', share: 'a', username: 'x', password: 'geheim-nas' };
    const added = { revision: former, changes: [{ do: 'set', at: ['targets', 'nas'], value }] };
    const { revision } = await json(admin.ask('PUT', '/configuration', added));
    const check = (...changes: readonly object[]) =>
      admin.ask('POST', '/configuration/check', { revision, changes });
    for (const at of [['asterisk'], ['targets', 'nas', 'password']])
      expect((await check({ do: 'rename', at, to: 'domain' })).status).toBe(400);
    for (const type of ['folder', 'sbm']) {
      const set = { do: 'set', at: ['targets', 'nas', 'type'], value: type };
      const faults = [{ key: 'targets.nas.password', message: 'belongs to another address' }];
      const nothing = { diff: '', differences: [], warnings: [], ok: false };
      expect(await json(check(set)), type).toMatchObject({ ...nothing, faults });
    }
    const removed = await json(check({ do: 'remove', at: ['targets', 'nas'] }));
    expect(removed).toMatchObject({ differences: [{ before: { host: 'nas.example', password: '***' } }] });
    expect(JSON.stringify(removed)).not.toContain('geheim');
    const text = await readFile(console().file, 'utf8');
    for (const wrong of [text.replace('type: smb', 'type: sbm'), text.replace('asterisk:', 'asteriks:')]) {
      await writeFile(console().file, wrong);
      for (const path of ['/configuration', '/configuration/export'])
        expect(await (await admin.ask('GET', path)).text()).not.toContain('geheim');
    }
    await writeFile(console().file, before);
  });

  test('warns of what is not wrong and yet unwise, by a code', async () => {
    const { revision } = await json(admin.ask('GET', '/configuration'));
    const changes = [{ do: 'set', at: ['groups'], value: [] }];
    expect(await json(admin.ask('POST', '/configuration/check', { revision, changes }))).toMatchObject({
      ...{ ok: true, warnings: [{ code: 'no-groups', subject: 'groups' }] },
    });
  });

  test('says why it was not taken over, as long as that is so', async () => {
    expect(await json(admin.ask('GET', '/configuration'))).toMatchObject({ not_taken_over: null });
    console().refuses('the port is taken');
    expect(await json(admin.ask('GET', '/configuration'))).toMatchObject({
      not_taken_over: 'the port is taken',
    });
    console().refuses(undefined);
  });

  test('says when a restart is needed', async () => {
    const { revision } = await json(admin.ask('GET', '/configuration'));
    const changes = [{ do: 'set', at: ['web', 'listen'], value: '127.0.0.1:9' }];
    expect(await json(admin.ask('POST', '/configuration/check', { revision, changes }))).toMatchObject({
      ...{ takes_effect: 'restart', restart_keys: ['web'] },
    });
  });
});

describe('An announcement', () => {
  const put = (content: Buffer, name = 'neu') =>
    fetch(`${console().url}/api/v1/announcements/de/${name}`, {
      method: 'PUT',
      headers: { cookie: admin.cookie, 'content-type': 'audio/wav' },
      body: new Uint8Array(content),
    });

  test('of 16 kHz gets a version for 8 kHz, and can be heard', async () => {
    const { content } = wavOf(1_000, { rate: 16_000 });
    expect(await json(put(content))).toMatchObject({
      announcement: { ok: true, wideband: true, duration_ms: 1_000, used_by: [] },
    });
    const heard = await admin.ask('GET', '/announcements/de/neu/audio');
    expect(Buffer.from(await heard.arrayBuffer())).toEqual(content);
    expect((await admin.ask('DELETE', '/announcements/de/neu')).status).toBe(200);
    expect((await admin.ask('GET', '/announcements/de/neu/audio')).status).toBe(404);
  });

  test.each([
    ['in stereo', wavOf(100, { channels: 2 }).content],
    ['of 44.1 kHz', wavOf(100, { rate: 44_100 }).content],
    ['that is empty', wavOf(0).content],
    ['that is over at once', wavOf(100).content],
    ['in which nothing can be heard', wavOf(2_000, { amplitude: 100 }).content],
    ['that is no WAV file', Buffer.from('<script>alert(1)</script>')],
  ])('%s is refused', async (_what, content) => {
    const response = await put(content);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: 'announcement-unusable' } });
  });
});

describe('Events', () => {
  test('tell of a line within a second, and only to whom it is shown', async () => {
    const { closedCallOf, sampleRecord } = await import('../catalogue/sample.ts');
    const [forAdmin, forAnna] = await Promise.all([admin.ask('GET', '/events'), anna.ask('GET', '/events')]);
    const read = [reader(forAdmin), reader(forAnna)] as const;
    await Promise.all(read.map((each) => each.until(/event: alarms/)));
    const record = sampleRecord('support-2', { group: 'Support' });
    const noted = performance.now();
    await console().catalogue.closeCall(closedCallOf(record), [record]);
    await read[0].until(/event: record\ndata: \{"id":"support-2"/);
    expect(performance.now() - noted).toBeLessThan(1_000);
    await anna.ask('POST', '/records/sale-1/notes', { text: 'x' });
    await read[1].until(/event: record-changed\ndata: \{"id":"sale-1"\}/);
    expect(read[1].text()).not.toMatch(/support|event: (storage|target|selftest)/i);
    expect(read[0].text()).toMatch(/event: target\n/);
    for (const each of read) await each.cancel();
  });
});

function reader(response: Response) {
  const stream = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    text: () => text,
    cancel: () => stream.cancel(),
    async until(pattern: RegExp): Promise<void> {
      while (!pattern.test(text)) {
        const { value, done } = await stream.read();
        if (done) throw new Error(`the events ended before ${String(pattern)}: ${text}`);
        text += decoder.decode(value, { stream: true });
      }
    },
  };
}

describe('Beside the API', () => {
  test('health and metrics are there for machines', async () => {
    const { url } = console();
    const health = await fetch(`${url}/healthz`);
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({ ok: false, status: 'asterisk-disconnected' });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const metrics = await (await fetch(`${url}/metrics`, { headers: { cookie: admin.cookie } })).text();
    expect(metrics).toMatch(/^mitschnitt_deliveries_pending\{target="archiv"\} \d+$/m);
    for (const line of metrics.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? (NaN|-?[\d.e+-]+))$/);
  });

  test('the description of the API names every route once', async () => {
    const { routes } = await import('../../src/web/api/routes.ts');
    const described = await json(fetch(`${console().url}/api/v1/openapi.json`));
    const paths = Object.values(described.paths as Record<string, object>);
    expect(paths.flatMap((each) => Object.keys(each))).toHaveLength(Object.keys(routes).length);
  });
});
