import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import type { Alarm } from '../../src/alarms/alarms.ts';
import type { Status } from '../../src/status.ts';
import { sampleCall, sampleIssue, sampleRecord, sampleRecording } from '../catalogue/sample.ts';
import { ended, launcher, mitschnitt, start } from './command.ts';
import { useInstallation } from './installation.ts';
import * as live from './json/live.ts';

const installation = useInstallation();
let server: Server | undefined;

afterEach(() => server?.close());

/** Runs a verb on a terminal of its own, by util-linux' script. */
function onTerminal(verb: string, setting: NodeJS.ProcessEnv) {
  const command = `exec '${process.execPath}' '${launcher}' ${verb}`;
  const env = {
    ...process.env,
    CI: undefined,
    FORCE_COLOR: undefined,
    NO_COLOR: undefined,
    TERM: 'xterm',
    ...setting,
  };
  const child = spawn('script', ['-qec', command, '/dev/null'], { env });
  return { child, end: ended(child) };
}

const controlC = '\u0003';

const fine: Status = {
  version: '1.2.3',
  pid: 4711,
  startedAt: '2026-11-23T08:00:00.000Z',
  asterisk: { ari: true, ami: true },
  calls: { live: 3, inGate: 1, recording: 2 },
  spool: {
    activeFiles: 2,
    activeBytes: 640_000,
    transferFiles: 1,
    transferBytes: 44,
    freeBytes: 12_300_000_000,
    used: 0.879,
    forecast: { bytesPerHour: 1_200_000_000, hoursLeft: 53.2 },
  },
  targets: [
    {
      name: 'archiv',
      kind: 'folder',
      pending: 1,
      pendingBytes: 44,
      setAside: 0,
      delivered: 7,
      lastSuccessAt: Date.UTC(2026, 10, 23, 8, 15),
      activity: { state: 'uploading', restsUntil: undefined, bytesPerSecond: 1_200_000 },
      check: { target: 'archiv', at: Date.UTC(2026, 10, 23, 8, 20), ms: 35, problem: undefined },
    },
  ],
};

const alarm: Alarm = {
  kind: 'recording-failed',
  subject: 'Verkauf',
  since: Date.UTC(2026, 10, 23, 8, 30),
  problem: 'no space\u001b[2J left',
  fault: 'asterisk',
  hint: 'Make room.',
};

const trouble = { at: 0, code: 'no-space', message: 'no space\u001b[2J left', hint: 'Make room.' };

const failed = {
  ...{ target: 'archiv', at: 0, ms: 35 },
  problem: { code: 'login-refused', message: 'login refused', fault: 'configuration', hint: 'Mend it.' },
};

/** A running process that answers this. */
async function running(status: unknown, code = 200): Promise<string> {
  const { folder, config } = installation();
  server = createServer((_request, response) => response.writeHead(code).end(JSON.stringify(status)));
  server.listen(join(folder, 'mitschnitt.sock'));
  await once(server, 'listening');
  return config;
}

describe('status', () => {
  test('shows how the running process is', async () => {
    const { code, stdout } = await mitschnitt(['status', '-c', await running(fine)]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'Mitschnitt 1.2.3 runs as process 4711 since 2026-11-23T08:00:00.000Z',
        'Asterisk   ARI connected, AMI connected',
        'Calls      3 live, 1 in the gate, 2 recording',
        'Spool      active: 2 files, 640.0 kB; transfer: 1 file, 44 B',
        'Disk       12.3 GB free, 87 % used; 1.2 GB more each hour: recording stops in 2 days',
        'Self-test  never done',
        'target\ttype\tstate\tcheck\twaiting\tset aside\tdelivered\tlast success\tlast error',
        'archiv\tfolder\tuploading, 1.2 MB/s\tfine, 35 ms\t1 file, 44 B\t0\t7\t2026-11-23T08:15:00.000Z\t',
        '',
      ].join('\n'),
    );
  });

  test('is shown again and again with --watch, until it is interrupted: that ends with 0', async () => {
    const troubled = { ...fine, asterisk: { ari: false, ami: true } };
    const child = start(['status', '--watch', '1', '--json', '-c', await running(troubled)]);
    const end = ended(child);
    let lines = 0;
    child.stdout.on('data', () => {
      lines += 1;
      if (lines === 2) child.kill('SIGINT');
    });
    const { code, stdout } = await end;
    expect(code).toBe(0);
    const each = stdout.trimEnd().split('\n');
    expect(each.map((line) => (JSON.parse(line) as { pid: number }).pid)).toEqual([4711, 4711]);
  });

  test('ends with --watch when nobody reads on', async () => {
    const child = start(['status', '--watch', '1', '-c', await running(fine)]);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('is shown on a terminal in the same place', async () => {
    const { child, end } = onTerminal(`status --watch 1 -c '${await running(fine)}'`, { NO_COLOR: '1' });
    let shown = '';
    const times = () => shown.split('ARI connected').length - 1;
    child.stdout.on('data', (piece: Buffer) => {
      const before = times();
      shown += String(piece);
      if (before === 1 && times() === 2) child.stdin.write(controlC);
    });
    const { code } = await end;
    expect(code).toBe(0);
    const [before, first, second] = shown.split('\u001b[H\u001b[J');
    expect(before).toBe('');
    expect(first).toContain('ARI connected');
    expect(second).toContain('ARI connected');
  });

  test('is coloured on a terminal, unless NO_COLOR is set', async () => {
    const config = await running({ ...fine, targets: [{ ...fine.targets[0], check: failed }] });
    const shown = async (setting: NodeJS.ProcessEnv) =>
      (await onTerminal(`status -c '${config}'`, setting).end).stdout;
    const colours = await shown({});
    expect(colours).toContain('ARI \u001b[32mconnected\u001b[39m');
    expect(colours).toContain('\u001b[31mFAILED\u001b[39m');
    const none = await shown({ NO_COLOR: '1' });
    expect(none).toContain('FAILED');
    expect(none).not.toContain('\u001b');
  });

  test('gives all of it as JSON', async () => {
    const { code, stdout } = await mitschnitt(['status', '--json', '-c', await running(fine)]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      running: true,
      reconciliation: null,
      version: '1.2.3',
      pid: 4711,
      started_at: '2026-11-23T08:00:00.000Z',
      asterisk: { ari: true, ami: true, version: null },
      calls: { live: 3, in_gate: 1, recording: 2 },
      spool: {
        active_files: 2,
        active_bytes: 640_000,
        transfer_files: 1,
        transfer_bytes: 44,
        free_bytes: 12_300_000_000,
        used: 0.879,
        bytes_per_hour: 1_200_000_000,
        hours_left: 53.2,
      },
      targets: [
        {
          name: 'archiv',
          kind: 'folder',
          pending: 1,
          pending_bytes: 44,
          set_aside: 0,
          delivered: 7,
          state: 'uploading',
          next_attempt: null,
          bytes_per_second: 1_200_000,
          last_success: '2026-11-23T08:15:00.000Z',
          check: {
            ...{ at: '2026-11-23T08:20:00.000Z', ms: 35, ok: true },
            ...{ code: null, message: null, fault: null, hint: null },
          },
          last_error: null,
          reports_pending: 0,
          reports_set_aside: 0,
          reports_last_error: null,
        },
      ],
      alarms: [],
      selftest: null,
    });
  });

  test('shows what stands in the way, and what to do', async () => {
    const config = await running({ ...fine, alarms: [alarm] });
    const { code, stdout } = await mitschnitt(['status', '-c', config]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      [
        'alarm\tabout\tsince\tproblem',
        'recording-failed\tVerkauf\t2026-11-23T08:30:00.000Z\tno space\u{FFFD}[2J left',
        'recording-failed: Make room.',
      ].join('\n'),
    );
    const json = await mitschnitt(['status', '--json', '-c', config]);
    expect((JSON.parse(json.stdout) as { alarms: unknown }).alarms).toEqual([
      {
        kind: 'recording-failed',
        subject: 'Verkauf',
        since: '2026-11-23T08:30:00.000Z',
        problem: 'no space\u001b[2J left',
        fault: 'asterisk',
        hint: 'Make room.',
      },
    ]);
  });

  test.each([
    ['3 without ARI', { ...fine, asterisk: { ari: false, ami: true } }, 3],
    [
      '3 without AMI, whatever the targets are',
      { ...fine, asterisk: { ari: true, ami: false }, targets: [{ ...fine.targets[0], setAside: 1 }] },
      3,
    ],
    ['1 when an alarm stands', { ...fine, alarms: [alarm] }, 1],
    ['4 when deliveries are set aside', { ...fine, targets: [{ ...fine.targets[0], setAside: 1 }] }, 4],
    ['4 when a target fails its check', { ...fine, targets: [{ ...fine.targets[0], check: failed }] }, 4],
    [
      '4 when a report is set aside',
      { ...fine, targets: [{ ...fine.targets[0], reports: { pending: 0, setAside: 1 } }] },
      4,
    ],
    ['4 when a target has trouble', { ...fine, targets: [{ ...fine.targets[0], lastError: trouble }] }, 4],
  ])('ends with %s', async (_what, status, code) => {
    expect((await mitschnitt(['status', '-c', await running(status)])).code).toBe(code);
  });

  test("shows what a target's server said without its control characters, and what to do", async () => {
    const status = { ...fine, targets: [{ ...fine.targets[0], lastError: trouble }] };
    const { stdout } = await mitschnitt(['status', '-c', await running(status)]);
    expect(stdout).toContain('no space\u{FFFD}[2J left');
    expect(stdout).toMatch(/^archiv: Make room\.$/m);
  });

  test('shows what a check met, where nothing waits', async () => {
    const status = { ...fine, targets: [{ ...fine.targets[0], check: failed }] };
    const { stdout } = await mitschnitt(['status', '-c', await running(status)]);
    expect(stdout).toMatch(/\tFAILED\t.*\tlogin refused$/m);
    expect(stdout).toMatch(/^archiv: Mend it\.$/m);
  });

  test('says that nothing runs, and what waits, with 1', async () => {
    const { config, fill } = installation();
    await fill(async (catalogue) => {
      const record = sampleRecord('r1');
      const call = sampleCall(record.callId);
      await catalogue.saveCall(call);
      await catalogue.addRecording(sampleRecording('r1', { callId: call.id, bytes: 2_000 }), [
        'archiv',
        'old',
      ]);
    });
    const { code, stdout } = await mitschnitt(['status', '-c', config]);
    expect(code).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'Mitschnitt is not running.',
      'target\ttype\tstate\tcheck\twaiting\tset aside\tdelivered\tlast success\tlast error',
      'archiv\tfolder\t\t\t1 file, 2.0 kB\t0\t0\t\t',
      'old\tnot configured\t\t\t1 file, 2.0 kB\t0\t0\t\t',
      '',
    ]);
    const json = await mitschnitt(['status', '--json', '-c', config]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      running: false,
      targets: [
        { name: 'archiv', pending: 1, pending_bytes: 2_000 },
        { name: 'old', kind: 'not configured' },
      ],
    });
  });

  test('shows the reports that wait for a target, and why, also while nothing runs', async () => {
    const { config, fill } = installation();
    const problem = { at: 1, code: 'no-space', message: 'no space left', hint: 'Make room.' };
    await fill((catalogue) =>
      catalogue.addIssues(
        'archiv',
        [sampleIssue('i1', { problem }), sampleIssue('i2', { state: 'set-aside', problem })],
        { seq: 1, until: 0 },
      ),
    );
    const { stdout } = await mitschnitt(['status', '-c', config]);
    expect(stdout.split('\n').slice(-4)).toEqual([
      'reports to\twaiting\tset aside\tlast error',
      'archiv\t1\t1\tno space left',
      'archiv: Make room.',
      '',
    ]);
    const json = await mitschnitt(['status', '--json', '-c', config]);
    const told = live.status.stopped.parse(JSON.parse(json.stdout));
    expect(told.targets).toMatchObject([
      { name: 'archiv', reports_pending: 1, reports_set_aside: 1, reports_last_error: { code: 'no-space' } },
    ]);
  });

  test('says that it never ran', async () => {
    const { code, stdout } = await mitschnitt(['status', '-c', installation().config]);
    expect(code).toBe(1);
    expect(stdout).toContain('it has never run');
  });

  test('says what is wrong with a process that does not answer as it should', async () => {
    const { code, stderr } = await mitschnitt(['status', '-c', await running({ error: 'x' }, 500)]);
    expect(code).toBe(1);
    expect(stderr).toContain('it answered with 500');
  });
});
