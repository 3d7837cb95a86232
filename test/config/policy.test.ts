import { describe, expect, test } from 'vitest';

import type { Prompt } from '../../src/call/call.ts';
import { policyOf, promptsOf } from '../../src/config/policy.ts';
import { changed, configOf, smallest, useWorkspace } from './workspace.ts';

useWorkspace();

const prompt = (name: string, language: string): Prompt => ({
  name,
  language,
  media: `sound:/${language}/${name}`,
  sha256: 'ab',
  durationMs: 1_000,
});

describe('the policy', () => {
  test('has the groups in their order, with what they say', async () => {
    const second =
      '  - name: Support\n    language: en\n    members: [PJSIP/alice, "300-309"]\n    record: { incoming: false, outgoing: false, internal: true }\n    announcement: { internal: { mode: opt-in, key: "#", timeout: 5s } }\n    deliver_to: [archiv]\n';
    const config = await configOf(
      changed('targets:', `${second}targets:`).concat('audio: { min_duration: 2s }\n'),
    );
    const policy = policyOf(config, prompt);

    expect(policy.trunks).toEqual(new Set(['PJSIP/trunk']));
    expect(policy.endpoints).toEqual(new Set());
    expect(policy.minDurationMs).toBe(2_000);
    expect(policy.groups.map(({ name }) => name)).toEqual(['Verkauf', 'Support']);
    expect(policy.groups[1]).toEqual({
      name: 'Support',
      members: [
        { kind: 'endpoint', endpoint: 'PJSIP/alice' },
        { kind: 'extension', first: '300', last: '309' },
      ],
      record: { incoming: false, outgoing: false, internal: true },
      announcement: {
        incoming: { mode: 'none', prompt: undefined, confirmation: undefined, key: '', timeoutMs: 0 },
        outgoing: { mode: 'none', prompt: undefined, confirmation: undefined, key: '', timeoutMs: 0 },
        internal: {
          mode: 'opt-in',
          prompt: prompt('ansage-opt-in', 'en'),
          confirmation: undefined,
          key: '#',
          timeoutMs: 5_000,
        },
      },
    });
  });

  test('announces as the mode demands', async () => {
    const [group] = policyOf(await configOf(smallest), prompt).groups;
    expect(group?.announcement.incoming).toEqual({
      mode: 'opt-out',
      prompt: prompt('ansage-opt-out', 'de'),
      confirmation: prompt('abgelehnt', 'de'),
      key: '1',
      timeoutMs: 3_000,
    });
    expect(group?.announcement.outgoing).toEqual({
      mode: 'notice',
      prompt: prompt('ansage', 'de'),
      confirmation: undefined,
      key: '',
      timeoutMs: 0,
    });
  });

  test('needs each prompt once', async () => {
    expect(promptsOf(await configOf(changed('{ mode: notice }', '{ mode: opt-out }')))).toEqual([
      { name: 'ansage-opt-out', language: 'de' },
      { name: 'abgelehnt', language: 'de' },
    ]);
  });
});
