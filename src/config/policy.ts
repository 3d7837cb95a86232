import { directions, type Announcement, type Group, type Policy, type Prompt } from '../call/call.ts';
import type { RetentionPeriods } from '../recording/retention.ts';
import type { Config, GroupConfig } from './schema.ts';

/** Gives the announcement of a name in a language; one that cannot be played says so itself. */
export type PromptSource = (name: string, language: string) => Prompt;

/** A prompt that the configuration names. */
export interface NamedPrompt {
  readonly name: string;
  readonly language: string;
}

type AnnouncementConfig = GroupConfig['announcement']['incoming'];

/** All prompts that any group plays, each once. */
export function promptsOf(config: Config): readonly NamedPrompt[] {
  const found = new Map<string, NamedPrompt>();
  policyOf(config, (name, language) => {
    found.set(`${language}/${name}`, { name, language });
    return { name, language, media: undefined, sha256: undefined, durationMs: 0 };
  });
  return [...found.values()];
}

/** What the configuration means to calls, before the PBX has told which endpoints it has. */
export function policyOf(config: Config, prompt: PromptSource): Policy {
  return {
    groups: config.groups.map((group) => groupOf(group, prompt)),
    trunks: new Set(config.pbx.trunks),
    endpoints: new Set(),
    queues: new Map(),
    minDurationMs: config.audio.min_duration,
  };
}

const msPerSecond = 1_000;

function groupOf(group: GroupConfig, prompt: PromptSource): Group {
  const announcementIn = (language: string): Group['announcement'] => {
    const announcements = directions.map((direction) => [
      direction,
      {
        ...announcementOf(group.announcement[direction], (name) => prompt(name, language)),
        earlyMedia: group.announcement.early_media,
        reannounce: group.announcement.reannounce,
      },
    ]);
    return Object.fromEntries(announcements) as Group['announcement'];
  };
  return {
    name: group.name,
    members: group.members,
    record: group.record,
    deliverTo: group.deliver_to,
    pauseLimitMs: group.pause_limit,
    audio: { stereo: group.audio.channels === 'stereo', wideband: group.audio.sample_rate === 'auto' },
    beepEverySeconds: group.beep && Math.round(group.beep.every / msPerSecond),
    announcement: announcementIn(group.language),
    byPrefix: Object.entries(group.language_by_prefix).map(([prefix, language]) => ({
      prefix,
      announcement: announcementIn(language),
    })),
    numbers: {
      neverRecord: group.never_record,
      alwaysRecord: group.always_record,
      skipAnnouncement: group.skip_announcement,
    },
  };
}

/** Never listened for: without an announcement nobody is asked for a key. */
const noKey = { key: '', timeoutMs: 0 };

function announcementOf(
  announcement: AnnouncementConfig,
  prompt: (name: string) => Prompt,
): Omit<Announcement, 'earlyMedia' | 'reannounce'> {
  // Nothing is said of a direction only where it is not recorded: the schema sees to that.
  const mode = announcement?.mode ?? 'none';
  if (announcement === undefined || announcement.mode === 'none') {
    return { mode, prompt: undefined, confirmation: undefined, ...noKey };
  }
  const spoken = prompt(announcement.prompt);
  if (announcement.mode === 'notice') return { mode, prompt: spoken, confirmation: undefined, ...noKey };
  return {
    mode,
    prompt: spoken,
    confirmation: announcement.mode === 'opt-out' ? prompt(announcement.confirmation) : undefined,
    key: announcement.key,
    timeoutMs: announcement.timeout,
  };
}

/** How long recordings of a group are kept; of one that the configuration does not have any more as of all. */
export function retentionOf({ retention, groups }: Config, group: string): RetentionPeriods {
  const own = groups.find(({ name }) => name === group)?.retention;
  return {
    local: own?.local ?? retention.local,
    remote: own?.remote ?? retention.remote,
    catalogue: own?.catalogue ?? retention.catalogue,
  };
}

/** To whom a recording is delivered. */
export interface Recipients {
  readonly targets: readonly string[];
  /** Its group is not in the configuration any more, nor is any target that the group is known to have had. */
  readonly astray: boolean;
}

/**
 * The targets of a recording: those of its group as it is now. Of a group that was renamed or removed meanwhile, those
 * that it had (`former`); where they are gone as well, it waits until there is such a target again, for another group's
 * may not be for it. Only where nothing is known of them, those of the first group.
 */
export function recipientsOf(
  { groups, targets }: Pick<Config, 'groups' | 'targets'>,
  group: string,
  former: readonly string[] = [],
): Recipients {
  const same = groups.find(({ name }) => name === group);
  if (same) return { targets: same.deliver_to, astray: false };
  const left = former.filter((name) => Object.hasOwn(targets, name));
  if (left.length > 0) return { targets: left, astray: false };
  return { targets: former.length > 0 ? former : (groups[0]?.deliver_to ?? []), astray: true };
}
