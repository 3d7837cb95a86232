// What a network does to deliveries: it loses packets, now and then or all of them.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { docker } from '../live/containers.ts';
import type { NetworkKind, NetworkStory } from './network-story.ts';

/** One of each way to wait for a server; `ftp` and `webdav` pass as well, and take half a minute more. */
const kinds: readonly NetworkKind[] = ['s3', 'sftp', 'smb'];
const script = join(import.meta.dirname, 'network-story.ts');

/** An impatient target gives up a second after the last answer; a kernel that tries on delays its farewell. */
const toldWithinMs = 6_000;

// Nobody else may enter another network.
describe.runIf(process.getuid?.() === 0)('over a network', () => {
  /** A container that is nothing but a network without a way out. */
  let network: string;
  beforeAll(async () => {
    const labels = ['--label', 'mitschnitt=test', '--label', `mitschnitt.pid=${String(process.pid)}`];
    const sleep = ['--entrypoint', 'sleep', 'mitschnitt/smb', 'infinity'];
    network = (await docker('run', '--detach', '--rm', '--network', 'none', ...labels, ...sleep)).trim();
  });
  afterAll(() => docker('rm', '--force', network));

  async function tell(kind: NetworkKind): Promise<NetworkStory> {
    const pid = (await docker('inspect', '--format', '{{.State.Pid}}', network)).trim();
    const parameters = [`--net=/proc/${pid}/ns/net`, process.execPath, script, kind];
    const env = { ...process.env, MITSCHNITT_TEST_NETWORK: `container:${network}` };
    const { stdout } = await promisify(execFile)('nsenter', parameters, { env });
    return JSON.parse(stdout) as NetworkStory;
  }

  test.for(kinds)(
    'that loses packets, %s gets each file once: late if it loses some, and once it is back if all',
    { timeout: 100_000 },
    async (kind) => {
      const { lossy, cut } = await tell(kind);
      expect(lossy).toMatchObject({ wrong: [] });
      expect(cut).toMatchObject({ wrong: [] });
      expect(cut.code).toMatch(/^(no-answer|connection-lost)$/);
      expect(cut.toldAfterMs).toBeLessThan(toldWithinMs);
      expect(cut.attempts).toBeGreaterThan(1);
    },
  );
});
