import { describe, expect, test } from 'vitest';

import type { Prompt } from '../../src/call/call.ts';
import { policyOf, promptsOf, recipientsOf } from '../../src/config/policy.ts';
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
      deliverTo: ['archiv'],
      members: [
        { kind: 'endpoint', endpoint: 'PJSIP/alice' },
        { kind: 'extension', first: '300', last: '309' },
      ],
      record: { incoming: false, outgoing: false, internal: true },
      announcement: {
        incoming: {
          mode: 'none',
          prompt: undefined,
          confirmation: undefined,
          key: '',
          timeoutMs: 0,
          earlyMedia: false,
          reannounce: false,
        },
        outgoing: {
          mode: 'none',
          prompt: undefined,
          confirmation: undefined,
          key: '',
          timeoutMs: 0,
          earlyMedia: false,
          reannounce: false,
        },
        internal: {
          mode: 'opt-in',
          prompt: prompt('ansage-opt-in', 'en'),
          confirmation: undefined,
          key: '#',
          timeoutMs: 5_000,
          earlyMedia: false,
          reannounce: false,
        },
      },
      byPrefix: [],
      numbers: { neverRecord: [], alwaysRecord: [], skipAnnouncement: [] },
      audio: { stereo: false, wideband: false },
    });
  });

  test('keeps the sides and the quality of the audio where a group wants that', async () => {
    const audio = changed('deliver_to', 'audio: { channels: stereo, sample_rate: auto }\n    deliver_to');
    const [group] = policyOf(await configOf(audio), prompt).groups;
    expect(group?.audio).toEqual({ stereo: true, wideband: true });
  });

  test('announces as the mode demands', async () => {
    const [group] = policyOf(await configOf(smallest), prompt).groups;
    expect(group?.announcement.incoming).toEqual({
      mode: 'opt-out',
      prompt: prompt('ansage-opt-out', 'de'),
      confirmation: prompt('abgelehnt', 'de'),
      key: '1',
      timeoutMs: 3_000,
      earlyMedia: false,
      reannounce: false,
    });
    expect(group?.announcement.outgoing).toEqual({
      mode: 'notice',
      prompt: prompt('ansage', 'de'),
      confirmation: undefined,
      key: '',
      timeoutMs: 0,
      earlyMedia: false,
      reannounce: false,
    });
  });

  test('announces before the answer in all directions or in none', async () => {
    const early = changed('    announcement:\n', '    announcement:\n      early_media: true\n');
    const [group] = policyOf(await configOf(early), prompt).groups;
    expect(group?.announcement).toMatchObject({
      incoming: { earlyMedia: true },
      internal: { earlyMedia: true },
    });
  });

  test('has the lists of numbers in the form in which numbers are compared', async () => {
    const lists =
      'never_record: ["+41 44 *", 0041791234567]\n    skip_announcement: [079/123*]\n    deliver_to';
    const [group] = policyOf(await configOf(changed('deliver_to', lists)), prompt).groups;
    expect(group?.numbers).toEqual({
      neverRecord: ['+4144*', '+41791234567'],
      alwaysRecord: [],
      skipAnnouncement: ['079123*'],
    });
  });

  test('announces in the language of a number, all prompts of it', async () => {
    const languages = 'language_by_prefix: { 0033: fr, "+1": en }\n    deliver_to';
    const config = await configOf(changed('deliver_to', languages));
    const [group] = policyOf(config, prompt).groups;
    expect(
      group?.byPrefix.map(({ prefix, announcement: { incoming } }) => [
        prefix,
        incoming.prompt?.language,
        incoming.confirmation?.language,
      ]),
    ).toEqual([
      ['+33', 'fr', 'fr'],
      ['+1', 'en', 'en'],
    ]);
    expect(promptsOf(config).map(({ language, name }) => `${language}/${name}`)).toEqual(
      ['de', 'fr', 'en'].flatMap((language) =>
        ['ansage-opt-out', 'abgelehnt', 'ansage'].map((name) => `${language}/${name}`),
      ),
    );
  });

  test('needs each prompt once', async () => {
    expect(promptsOf(await configOf(changed('{ mode: notice }', '{ mode: opt-out }')))).toEqual([
      { name: 'ansage-opt-out', language: 'de' },
      { name: 'abgelehnt', language: 'de' },
    ]);
  });
});

describe('a recording is delivered', () => {
  test.each([
    ['to the targets of its group', 'Verkauf', ['anderswo'], ['archiv'], false],
    ['to those that its group had, of which some are left', 'Alt', ['weg', 'archiv'], ['archiv'], false],
    ['to nobody else, when all is gone: it waits, and that is told', 'Alt', ['weg'], ['weg'], true],
    ['to those of the first group, when nobody knows what it had', 'Alt', undefined, ['archiv'], true],
  ])('%s', async (_how, name, former, targets, astray) => {
    expect(recipientsOf(await configOf(smallest), name, former)).toEqual({ targets, astray });
  });

  test('to the targets that it had, once they are there again', () => {
    expect(recipientsOf({ groups: [], targets: {} }, 'Alt', ['weg'])).toEqual({
      targets: ['weg'],
      astray: true,
    });
  });
});
