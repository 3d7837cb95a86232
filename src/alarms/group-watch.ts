import type { Alarms } from './alarms.ts';

export interface GroupWatchParts {
  /** How many the configuration has. */
  readonly groups: number;
  /** The configuration before it had some. */
  readonly hadGroups: boolean;
  readonly alarms: Pick<Alarms, 'raise' | 'clear' | 'standing'>;
  /** 0: no call of a group was ever listed. */
  readonly lines: { lastSeq(): Promise<number> };
}

const kind = 'no-groups';
const subject = 'groups';

/**
 * Tells when nothing is recorded any more because the groups are gone: by another configuration, or since the last start.
 * Where there never was a group, somebody is about to set up the first one, and knows.
 */
export async function watchGroups({ groups, hadGroups, alarms, lines }: GroupWatchParts): Promise<void> {
  if (groups > 0) {
    alarms.clear(kind, subject);
    return;
  }
  const isKnown = hadGroups || alarms.standing.some((alarm) => alarm.kind === kind);
  if (!isKnown && (await lines.lastSeq()) === 0) return;
  alarms.raise({
    ...{ kind, subject, fault: 'configuration' },
    problem: 'the configuration has no group any more, so that no call is recorded',
    hint: 'Set up a group. To record nothing on purpose, keep the groups, with record: false for every direction.',
  });
}
