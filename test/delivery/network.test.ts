// What a network does to deliveries: it loses packets, now and then or all of them.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test, type TestContext } from 'vitest';

import { docker } from '../live/containers.ts';
import type { NetworkKind, NetworkStory } from './network-story.ts';

const kinds: readonly NetworkKind[] = ['ftp', 's3', 'sftp', 'smb', 'webdav'];
const script = join(import.meta.dirname, 'network-story.ts');

/** A container that is nothing but a network without a way out, as long as the test lasts. */
async function ownNetwork({ onTestFinished }: TestContext): Promise<{ id: string; pid: string }> {
  const labels = ['--label', 'mitschnitt=test', '--label', `mitschnitt.pid=${String(process.pid)}`];
  const sleep = ['--entrypoint', 'sleep', 'mitschnitt/smb', 'infinity'];
  const id = (await docker('run', '--detach', '--rm', '--network', 'none', ...labels, ...sleep)).trim();
  onTestFinished(async () => {
    await docker('rm', '--force', id);
  });
  return { id, pid: (await docker('inspect', '--format', '{{.State.Pid}}', id)).trim() };
}

async function tell(kind: NetworkKind, context: TestContext): Promise<NetworkStory> {
  const { id, pid } = await ownNetwork(context);
  const parameters = [`--net=/proc/${pid}/ns/net`, process.execPath, script, kind];
  const env = { ...process.env, MITSCHNITT_TEST_NETWORK: `container:${id}` };
  const { stdout } = await promisify(execFile)('nsenter', parameters, { env });
  return JSON.parse(stdout) as NetworkStory;
}

/** An impatient target gives up a second after the last answer; a kernel that tries on delays its farewell. */
const toldWithinMs = 6_000;

describe('over a network', () => {
  test.for(kinds)(
    'that loses packets, %s gets each file once: late if it loses some, and once it is back if all',
    { timeout: 100_000 },
    async (kind, context) => {
      const { lossy, cut } = await tell(kind, context);console.log(kind, JSON.stringify({ lossy, cut }));
      expect(lossy).toMatchObject({ wrong: [] });
      expect(cut).toMatchObject({ wrong: [] });
      expect(cut.code).toMatch(/^(no-answer|connection-lost)$/);
      expect(cut.toldAfterMs).toBeLessThan(toldWithinMs);
      expect(cut.attempts).toBeGreaterThan(1);
    },
  );
});
