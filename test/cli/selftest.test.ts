import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import type { SelfTestState } from '../../src/selftest/self-test.ts';
import type { Step } from '../../src/selftest/steps.ts';
import { mitschnitt } from './command.ts';
import { useInstallation } from './installation.ts';

const installation = useInstallation();
let server: Server | undefined;
afterEach(() => server?.close());

/** A running process that gives these answers, one after the other. */
async function running(...states: readonly SelfTestState[]): Promise<string> {
  const { folder, config } = installation();
  const left = [...states];
  server = createServer((_request, response) => {
    response.end(JSON.stringify(left.length > 1 ? left.shift() : left[0]));
  });
  server.listen(join(folder, 'mitschnitt.sock'));
  await once(server, 'listening');
  return config;
}

const at = Date.UTC(2026, 10, 23, 8, 15);
const state = (isRunning: boolean, ...steps: readonly Step[]): SelfTestState => ({
  running: isRunning,
  result: { at, ms: 4_200, ok: steps.every((step) => step.state !== 'failed'), steps },
});
const call: Step = { name: 'call', group: 'Verkauf', state: 'ok', ms: 80 };
const key: Step = { name: 'key', group: 'Verkauf', state: 'skipped', ms: 0, reason: 'no key is needed' };
const failed = (name: Step['name'], target?: string): Step => ({
  ...{ name, group: 'Verkauf', target, state: 'failed', ms: 12 },
  problem: {
    code: 'login-refused',
    message: 'login\u001b[2J refused',
    fault: 'configuration',
    hint: 'Mend it.',
  },
});

describe('selftest', () => {
  test('tells each step as it is done, and what came of all', async () => {
    const config = await running(state(true), state(true, call), state(false, call, key));
    const { code, stdout } = await mitschnitt(['selftest', '-c', config]);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'ok       call Verkauf (80 ms)',
      'left out key Verkauf: no key is needed',
      'The self-test passed in 4.2 s.',
      '',
    ]);
  });

  test.each<[number, string, Step[]]>([
    [3, 'Asterisk does not make the call', [failed('call')]],
    [4, 'a target fails', [call, failed('recording'), failed('delivery', 'archiv')]],
    [1, 'something else is wrong', [call, failed('recording')]],
  ])('ends with %i when %s, and tells what to do', async (expected, _, steps) => {
    const { code, stdout } = await mitschnitt(['selftest', '-c', await running(state(false, ...steps))]);
    expect(code).toBe(expected);
    expect(stdout).toContain('refused\n         Mend it.\n');
    expect(stdout).not.toContain('\u001b');
  });

  test('is told as given up where the result of a former one follows it', async () => {
    const former = { ...state(false, call), result: { at: at - 1, ms: 1, ok: true, steps: [call] } };
    const { code, stdout } = await mitschnitt(['selftest', '-c', await running(state(true), former)]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^The self-test was given up/);
  });

  test('gives all of it as JSON', async () => {
    const { stdout } = await mitschnitt([
      ...['selftest', '--json', '-c'],
      await running(state(false, call, failed('delivery', 'archiv'))),
    ]);
    const nothing = { target: null, prompt: null, code: null, message: null, fault: null, hint: null };
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ at: '2026-11-23T08:15:00.000Z', ms: 4_200, ok: false },
      steps: [
        { ...nothing, name: 'call', group: 'Verkauf', state: 'ok', ms: 80, reason: null },
        { name: 'delivery', target: 'archiv', state: 'failed', code: 'login-refused', hint: 'Mend it.' },
      ],
    });
  });

  test('cannot be done by a process that does not run: that is told, with 3', async () => {
    const { config } = installation();
    const { code, stdout } = await mitschnitt(['selftest', '-c', config]);
    expect(code).toBe(3);
    expect(stdout).toContain('not running');
    const json = await mitschnitt(['selftest', '--json', '-c', config]);
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toEqual({ running: false });
  });
});
