import { describe, expect, test } from 'vitest';

import type { Call, Consent } from '../../src/call/call.ts';
import type { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import type { Media } from '../../src/recording/media.ts';
import { closedCallOf, sampleRecord, sampleRecording, START } from '../catalogue/sample.ts';
import { nasty } from '../nasty.ts';
import { mitschnitt } from './command.ts';
import { useInstallation } from './installation.ts';

const installation = useInstallation();

const consent: Consent = {
  group: 'Verkauf',
  direction: 'incoming',
  mode: 'opt-out',
  channel: '1617795266.7',
  number: '+41791234567',
  prompt: 'ansage-opt-out',
  language: 'de',
  sha256: 'ab'.repeat(32),
  place: 'gate',
  countsFrom: 0,
  playedFrom: START - 9_000,
  playedTo: START - 4_000,
  complete: true,
  key: '1',
  keyAt: START - 3_500,
  decision: 'declined',
  problem: undefined,
};

const hour = 3_600_000;

async function three(catalogue: SqliteCatalogue): Promise<void> {
  const recorded = sampleRecord('r1');
  const declined = sampleRecord('r2', {
    startedAt: START + hour,
    file: undefined,
    verdict: { outcome: 'declined', rule: 'party-declined' },
    group: 'Support',
    from: '+49301234567',
  });
  const nextDay = sampleRecord('r3', { startedAt: START + 12 * hour });
  const calls: Readonly<Record<string, Partial<Call>>> = { r2: { consents: [consent] } };
  for (const record of [recorded, declined, nextDay]) {
    const call = { ...closedCallOf(record), ...calls[record.id] };
    await catalogue.saveCall(call);
    if (record.file !== undefined) {
      await catalogue.addRecording(sampleRecording(record.id, { callId: call.id }), ['archiv']);
    }
    await catalogue.closeCall(call, [record]);
  }
}

async function ids(...filter: readonly string[]): Promise<unknown> {
  const { stdout, stderr } = await mitschnitt([
    'recordings',
    '--json',
    ...filter,
    '-c',
    installation().config,
  ]);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
}

describe('recordings', () => {
  test('explain each call as JSON', async () => {
    const { config, fill } = installation();
    await fill(three);
    const { code, stdout } = await mitschnitt(['recordings', '--json', '-c', config]);
    expect(code).toBe(0);
    const [recorded, declined] = JSON.parse(stdout) as unknown[];
    expect(recorded).toMatchObject({
      id: 'r1',
      call_id: 'call-of-r1',
      linked_id: '1617795266.7',
      group: 'Verkauf',
      direction: 'incoming',
      from: '+41791234567',
      to: '200',
      start: '2021-04-07T13:34:26.000+02:00',
      talk_ms: 192_000,
      outcome: 'recorded',
      rule: 'announced',
      file: 'Aufnahme_2021-04-07_13-34-26_+41791234567_200.wav',
      consent: null,
      segments: [
        { id: 'segment-of-call-of-r1', outcome: 'recorded', recording: { state: 'running', sha256: null } },
      ],
      deliveries: [{ target: 'archiv', state: 'pending', attempts: 0, delivered: null, problem: null }],
    });
    expect(declined).toMatchObject({
      outcome: 'declined',
      rule: 'party-declined',
      file: null,
      consent: {
        group: 'Verkauf',
        direction: 'incoming',
        mode: 'opt-out',
        channel: '1617795266.7',
        number: '+41791234567',
        prompt: 'ansage-opt-out',
        place: 'gate',
        sha256: 'ab'.repeat(32),
        language: 'de',
        played_from: '2021-04-07T13:34:17.000+02:00',
        played_to: '2021-04-07T13:34:22.000+02:00',
        complete: true,
        key: '1',
        key_at: '2021-04-07T13:34:22.500+02:00',
        decision: 'declined',
        problem: null,
      },
      deliveries: [],
    });
  });

  test('tell what was found at the end of the recording', async () => {
    const { config, fill } = installation();
    await fill(async (catalogue) => {
      const record = sampleRecord('r1');
      const call = closedCallOf(record);
      const [segment] = call.segments;
      if (!segment?.recording) throw new Error('the sample is recorded');
      const spoken = { peak: 16_384, rms: 1_638, clipped: 0, audibleMs: 9_000, longestSilenceMs: 800 };
      const silent = { peak: 0, rms: 0, clipped: 0, audibleMs: 0, longestSilenceMs: 10_000 };
      const media: Media = {
        bytes: 320_044,
        durationMs: 10_000,
        sha256: 'ab'.repeat(32),
        repaired: false,
        sampleRate: 8_000,
        levels: [spoken, silent],
      };
      const recording = { ...segment.recording, state: 'finished' as const, media };
      const known = { ...segment, id: 'r1', endedAt: segment.startedAt + 14_000, recording };
      await catalogue.saveCall(call);
      await catalogue.closeCall({ ...call, segments: [known] }, [record]);
    });
    const { stdout } = await mitschnitt(['recordings', '--json', '-c', config]);
    expect((JSON.parse(stdout) as { media: unknown }[])[0]?.media).toEqual({
      bytes: 320_044,
      duration_ms: 10_000,
      sha256: 'ab'.repeat(32),
      repaired: false,
      sample_rate: 8_000,
      channels: 2,
      missing_ms: 4_000,
      silent_sides: ['other'],
      clipping: 0,
      sides: [
        {
          side: 'member',
          peak_db: -6,
          rms_db: -26,
          audible_ms: 9_000,
          longest_silence_ms: 800,
          clipped_samples: 0,
        },
        {
          side: 'other',
          peak_db: null,
          rms_db: null,
          audible_ms: 0,
          longest_silence_ms: 10_000,
          clipped_samples: 0,
        },
      ],
      findings: ['audio-missing', 'silent'],
    });
  });

  test('can be narrowed by time, number, group and outcome', async () => {
    await installation().fill(three);
    expect(await ids()).toEqual(['r1', 'r2', 'r3']);
    expect(await ids('--from', '2021-04-07', '--to', '2021-04-07')).toEqual(['r1', 'r2']);
    expect(await ids('--from', '2021-04-08')).toEqual(['r3']);
    expect(await ids('--from', '2021-04-07T14:00')).toEqual(['r2', 'r3']);
    expect(await ids('--to', '2021-04-07T11:34:26Z')).toEqual([]);
    expect(await ids('--to', '2021-04-07T13:34:27+02:00')).toEqual(['r1']);
    expect(await ids('--number', '4930')).toEqual(['r2']);
    expect(await ids('--group', 'Support')).toEqual(['r2']);
    expect(await ids('--outcome', 'recorded')).toEqual(['r1', 'r3']);
    expect(await ids('--outcome', 'lost')).toEqual([]);
  });

  test('are one line each where no terminal shows them', async () => {
    const { config, fill } = installation();
    await fill(three);
    const { stdout } = await mitschnitt(['recordings', '--to', '2021-04-07T14:00', '-c', config]);
    expect(stdout).toBe(
      'start\ttalk\tdirection\tgroup\tfrom\tto\toutcome\twhy\tfile\thold\n' +
        '2021-04-07 13:34:26\t00:03:12\tincoming\tVerkauf\t+41791234567\t200\trecorded\tannounced\tAufnahme_2021-04-07_13-34-26_+41791234567_200.wav\t\n',
    );
  });

  test('show nothing raw that a caller sent, and keep every number a cell of its own', async () => {
    const { config, fill } = installation();
    await fill(async (catalogue) => {
      for (const [at, from] of nasty.entries()) {
        const record = sampleRecord(`r${String(at)}`, { from });
        await catalogue.saveCall(closedCallOf(record));
        await catalogue.closeCall(closedCallOf(record), [record]);
      }
    });
    const plain = await mitschnitt(['recordings', '-c', config]);
    expect(plain.stdout.replaceAll(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const lines = plain.stdout.split('\n').slice(1, -1);
    expect(lines).toHaveLength(nasty.length);
    for (const line of lines) expect(line.split('\t')).toHaveLength(10);

    const json = await mitschnitt(['recordings', '--json', '-c', config]);
    expect(json.stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const numbers = (JSON.parse(json.stdout) as { from: string }[]).map(({ from }) => from.toWellFormed());
    expect(numbers).toEqual(nasty.map((number) => number.toWellFormed()));
  });

  test('end with 1 and say what to do where there is no catalogue', async () => {
    const { code, stdout, stderr } = await mitschnitt(['recordings', '-c', installation().config]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/there is no such file\n.*"mitschnitt run" creates it/);
  });
});

describe('report', () => {
  const period = ['--from', '2021-04-07', '--to', '2021-04-07'];

  test('is as the monthly files are', async () => {
    const { config, fill } = installation();
    await fill(three);
    const { code, stdout } = await mitschnitt(['report', ...period, '-c', config]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      '\ufeffAnrufer;Angerufener;Gesprächsstart;Gesprächszeit;Aufzeichnung\r\n' +
        '+41791234567;200;2021-04-07 13:34:26;00:03:12;Aufnahme_2021-04-07_13-34-26_+41791234567_200.wav\r\n' +
        '+49301234567;200;2021-04-07 14:34:26;00:03:12;abgelehnt\r\n',
    );
  });

  test('can be had as JSON, of one group', async () => {
    const { config, fill } = installation();
    await fill(three);
    const { code, stdout } = await mitschnitt([
      'report',
      ...period,
      '--group',
      'Support',
      '--json',
      '-c',
      config,
    ]);
    expect(code).toBe(0);
    const listed = await mitschnitt(['recordings', '--group', 'Support', '--json', '-c', config]);
    expect(JSON.parse(stdout)).toMatchObject([{ id: 'r2', outcome: 'declined', file: null }]);
    expect(stdout).toBe(listed.stdout);
  });

  test('of a period without calls is an empty array', async () => {
    const { config, fill } = installation();
    await fill(three);
    const { stdout } = await mitschnitt([
      'report',
      '--from',
      '2020-01-01',
      '--to',
      '2020-01-02',
      '--format',
      'json',
      '-c',
      config,
    ]);
    expect(JSON.parse(stdout)).toEqual([]);
  });
});
