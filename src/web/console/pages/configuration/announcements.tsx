import { Alert, Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import type { AnnouncementFile, ResponseOf } from '../../../api.ts';
import { useAnswer, useHappening } from '../../connection/answers.ts';
import { ConfigurationPage } from '../../forms/configuration-page.tsx';
import { listAt, textAt } from '../../forms/changes.ts';
import { useDraft } from '../../forms/draft.ts';
import { pageParts } from '../../forms/layouts.ts';
import { Parts } from '../../forms/parts.tsx';
import { usePageWords } from '../../forms/words.ts';
import { Icon } from '../../parts/icons.tsx';
import { Answered } from '../../parts/notes.tsx';
import { Section } from '../../parts/shapes.tsx';
import { useRights } from '../../session.tsx';
import { AnnouncementRow } from './announcement-row.tsx';

/** What callers hear: to listen to, to replace and to record. */
export default function Announcements() {
  const answer = useAnswer('GET /announcements', {});
  useHappening('announcements', () => answer.reload());
  useHappening('configuration', () => answer.reload());
  return (
    <ConfigurationPage
      page="announcements"
      above={<Answered answer={answer}>{(data) => <Library data={data} reload={answer.reload} />}</Answered>}
    >
      <Parts parts={pageParts.announcements} />
    </ConfigurationPage>
  );
}

function Library({
  data,
  reload,
}: {
  readonly data: ResponseOf<'GET /announcements'>;
  readonly reload: () => void;
}) {
  const words = usePageWords();
  const { administers } = useRights();
  const [isAdding, setAdding] = useState(false);
  const [added, setAdded] = useState<readonly AnnouncementFile[]>([]);
  const isNew = (one: AnnouncementFile) =>
    !data.announcements.some((each) => each.name === one.name && each.language === one.language);
  const all = [...data.announcements, ...added.filter(isNew)];
  const languages = [...new Set(all.map(({ language }) => language))].sort();
  const mayChange = administers && data.writable;
  return (
    <>
      {administers && !data.writable && (
        <Alert color="yellow" icon={<Icon name="lock" />} title={words.promptsReadOnly} mb="md">
          <Text size="sm">{words.promptsReadOnlyHelp(data.path)}</Text>
        </Alert>
      )}
      {languages.map((language) => (
        <Section key={language} title={words.languageName(language)}>
          <ul className="prompt-list">
            {all
              .filter((each) => each.language === language)
              .sort((a, b) => b.used_by.length - a.used_by.length || a.name.localeCompare(b.name))
              .map((each) => (
                <AnnouncementRow key={each.name} prompt={each} mayChange={mayChange} reload={reload} />
              ))}
          </ul>
        </Section>
      ))}
      {mayChange && (
        <Button variant="default" my="md" onClick={() => setAdding(true)}>
          {words.addPrompt}
        </Button>
      )}
      <Modal opened={isAdding} onClose={() => setAdding(false)} title={words.addPrompt}>
        <NewPrompt
          onMade={(one) => {
            setAdding(false);
            setAdded([...added, one]);
          }}
        />
      </Modal>
    </>
  );
}

const prompts = ['ansage', 'ansage-opt-out', 'ansage-opt-in', 'abgelehnt'] as const;

/** A place for one more; it is there as soon as something is uploaded or recorded. */
function NewPrompt({ onMade }: { readonly onMade: (prompt: AnnouncementFile) => void }) {
  const words = usePageWords();
  const { values } = useDraft();
  const used = listAt(values, ['groups']).map((_, index) => textAt(values, ['groups', index, 'language']));
  const languages = [...new Set(['de', 'en', 'fr', 'it', ...used.filter((each) => each !== '')])];
  const [name, setName] = useState<string>(prompts[0]);
  const [language, setLanguage] = useState('de');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onMade({
          ...{ name, language, ok: false, problem: null, duration_ms: null, sha256: null },
          ...{ wideband: false, changed: null, used_by: [], origin: null, has_built_in: false },
        });
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={words.promptName}
          description={words.promptNameHelp}
          required
          pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,63}"
          title={words.promptNameHelp}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label={words.language}
          value={language}
          onChange={(event) => setLanguage(event.currentTarget.value)}
          data={languages.map((value) => ({ value, label: words.languageName(value) }))}
        />
        <Group justify="flex-end">
          <Button type="submit">{words.next}</Button>
        </Group>
      </Stack>
    </form>
  );
}
