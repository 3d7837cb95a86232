/** Announcements: which there are, where they are used, listening, and putting others in their place. */
import { Readable } from 'node:stream';

import { directions } from '../call/call.ts';
import { policyOf, promptsOf } from '../config/policy.ts';
import type { Config } from '../config/schema.ts';
import { PromptLibrary, type PromptFacts } from '../spool/prompt-library.ts';
import type { AnnouncementFile } from '../web/api/operations.ts';
import { conflict, notDone, notFound } from '../web/failure.ts';
import type { Handlers } from '../web/handlers.ts';
import { maybe, timeIn } from './live.ts';
import type { RunningSource } from './running.ts';

type AnnouncementHandlers = Pick<
  Handlers,
  | 'GET /announcements'
  | 'GET /announcements/:language/:name/audio'
  | 'PUT /announcements/:language/:name'
  | 'DELETE /announcements/:language/:name'
>;

/** `changed`: calls are to hear others from now on. */
export function announcementHandlers(running: RunningSource, changed: () => void): AnnouncementHandlers {
  const library = () => new PromptLibrary(running().config.prompts);
  const jsonOf = (facts: PromptFacts): AnnouncementFile =>
    announcementJson(facts, running().config, timeIn(running()));
  const writable = async (): Promise<void> => {
    const why = await library().whyNotWritable();
    if (why !== undefined) throw notDone(why, '', 'announcements-not-writable');
  };
  return {
    'GET /announcements': async () => {
      const { config } = running();
      const used = promptsOf(config);
      const found = [...used, ...(await library().list())];
      const unique = new Map(found.map((each) => [`${each.language}/${each.name}`, each]));
      const facts = await Promise.all(
        [...unique.values()].map(({ name, language }) => library().facts(name, language)),
      );
      const why = (await library().whyNotWritable()) ?? null;
      return {
        announcements: facts.map(jsonOf),
        writable: why === null,
        why_not: why,
        path: config.prompts.path,
      };
    },
    'GET /announcements/:language/:name/audio': async ({ params }) => {
      const { name, language } = params;
      const content = await library().content(name, language);
      const { sha256 = '' } = await library().facts(name, language);
      if (!content) throw notFound();
      return {
        ...{ bytes: content.length, etag: `"${sha256}"`, name: `${name}.wav` },
        read: (from, to) => Readable.from([content.subarray(from, to + 1)]),
      };
    },
    'PUT /announcements/:language/:name': async ({ params, upload }) => {
      const { name, language } = params;
      await writable();
      await library().put(name, language, upload);
      changed();
      return { announcement: jsonOf(await library().facts(name, language)) };
    },
    'DELETE /announcements/:language/:name': async ({ params }) => {
      const { name, language } = params;
      const facts = jsonOf(await library().facts(name, language));
      refuseToRemove(facts);
      if (facts.origin === 'own') await writable();
      await library().remove(name, language);
      changed();
      return { ok: true };
    },
  };
}

/** What is played, or is of the package, stays. */
function refuseToRemove({ used_by, origin, has_built_in }: AnnouncementFile): void {
  const [first] = used_by;
  if (first && origin === 'own' && !has_built_in) {
    const message = `the group ${first.group} plays it`;
    throw conflict(message, 'Have it play another one first.', 'announcement-in-use');
  }
  // One's own that is gone: somebody wants that of the package from now on.
  if (origin === null && !has_built_in) throw notFound();
  if (origin !== 'built-in') return;
  const message = 'it comes with the package, and stays';
  throw notDone(message, 'Put one of your own in its place.', 'announcement-built-in');
}

function announcementJson(
  facts: PromptFacts,
  config: Config,
  time: (instant: number) => string,
): AnnouncementFile {
  const { name, language, problem, durationMs, sha256, wideband, changedAt, origin, hasBuiltIn } = facts;
  return {
    ...{ name, language, ok: problem === undefined, problem: problem ?? null, wideband },
    ...{ duration_ms: durationMs ?? null, sha256: sha256 ?? null, changed: maybe(time, changedAt) },
    ...{ origin: origin ?? null, has_built_in: hasBuiltIn },
    used_by: usesOf(config, name, language),
  };
}

function usesOf(config: Config, name: string, language: string): AnnouncementFile['used_by'] {
  const { groups } = policyOf(config, (prompt, spoken) => ({
    ...{ name: prompt, language: spoken, media: undefined, sha256: undefined, durationMs: 0 },
  }));
  const uses = groups.flatMap((group) =>
    [group.announcement, ...group.byPrefix.map(({ announcement }) => announcement)].flatMap((announcement) =>
      directions.flatMap((direction) =>
        (['prompt', 'confirmation'] as const).flatMap((as) => {
          const prompt = announcement[direction][as];
          return prompt?.name === name && prompt.language === language
            ? [{ group: group.name, direction, as }]
            : [];
        }),
      ),
    ),
  );
  return [...new Map(uses.map((use) => [JSON.stringify(use), use])).values()];
}
