// What a station is set to, before a test changes it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Asterisk } from './asterisk.ts';
import { toneFile } from './tone.ts';

export type Config = Record<string, unknown>;

export const timeZone = 'Europe/Zurich';

/** Announcements in the tests are tones, so that it can be measured who hears them, and when. */
export const promptTones = { announcement: 3_000, confirmation: 2_200 } as const;
/** Shorter than any real prompt: most of a test is waiting for it. */
export const announcementMs = 600;
export const confirmationMs = 400;
/** How long after the prompt a key counts. */
export const keyTimeoutMs = 500;

export async function writePrompts(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const announcement = toneFile(promptTones.announcement, announcementMs);
  const confirmation = toneFile(promptTones.confirmation, confirmationMs);
  await Promise.all([
    ...['ansage', 'ansage-opt-out', 'ansage-opt-in'].map((name) =>
      writeFile(join(folder, `${name}.wav`), announcement),
    ),
    writeFile(join(folder, 'abgelehnt.wav'), confirmation),
  ]);
}

export function standardConfig(asterisk: Asterisk, folder: string): Config {
  const timeout = `${keyTimeoutMs}ms`;
  return {
    asterisk: asterisk.settings,
    pbx: { trunks: ['PJSIP/trunk'], timezone: timeZone },
    spool: { path: join(folder, 'spool') },
    prompts: { path: join(folder, 'prompts') },
    catalogue: { type: 'sqlite', path: join(folder, 'catalogue.db') },
    groups: [
      {
        name: 'Verkauf',
        members: ['200', '201'],
        record: { incoming: true, outgoing: true, internal: false },
        announcement: {
          incoming: { mode: 'opt-out', timeout },
          outgoing: { mode: 'notice' },
        },
        deliver_to: ['archive'],
      },
    ],
    targets: { archive: { type: 'folder', path: join(folder, 'archive') } },
    upload: { every: 'immediately' },
    log: { level: 'debug' },
  };
}

interface ConfiguredGroup {
  readonly announcement?: Readonly<Record<string, unknown>>;
}

/** Where nothing is announced, another group does: so calls enter the gate, whatever the groups in question do. */
export function withGate(config: Config): Config {
  const groups = config.groups as readonly ConfiguredGroup[];
  if (groups.some(announces)) return config;
  const announcing = {
    name: 'Gate',
    members: ['PJSIP/nobody'],
    announcement: { incoming: { mode: 'notice' }, outgoing: { mode: 'notice' } },
    deliver_to: ['archive'],
  };
  return { ...config, groups: [...groups, announcing] };
}

function announces({ announcement = {} }: ConfiguredGroup): boolean {
  return Object.values(announcement).some(
    (each) => typeof each === 'object' && each !== null && 'mode' in each && each.mode !== 'none',
  );
}
