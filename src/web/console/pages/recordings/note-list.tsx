import { ActionIcon, Button, Group, Text, Textarea } from '@mantine/core';
import { useState } from 'react';

import type { RecordDetail } from '../../../api.ts';
import { useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Icon } from '../../parts/icons.tsx';
import { FailureNote } from '../../parts/notes.tsx';
import { Section } from '../../parts/shapes.tsx';
import { actorOf, personBehind } from '../../parts/person.ts';
import { useMe, useRights } from '../../session.tsx';

const longestNote = 4_000;

export function NoteCard({ record, reload }: { readonly record: RecordDetail; readonly reload: () => void }) {
  const { notes: words } = useWords();
  const format = useFormat();
  const me = useMe();
  const { operates, administers } = useRights();
  const remove = useDeed(async (note: number) => {
    await ask('DELETE /records/:id/notes/:note', { params: { id: record.id, note } });
    reload();
  });
  return (
    <Section title={words.title}>
      {record.notes_list.length === 0 && (
        <Text size="sm" c="dimmed">
          {operates ? words.none : words.noneToRead}
        </Text>
      )}
      {record.notes_list.map(({ id, at, by, text }) => (
        <div className="note" key={id}>
          <Group justify="space-between" wrap="nowrap">
            <Text size="xs" c="dimmed">
              {personBehind(by)} · {format.dateTime(at)}
            </Text>
            {(administers || by === actorOf(me.name)) && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={words.remove}
                onClick={() => remove.run(id)}
              >
                <Icon name="remove" size={15} />
              </ActionIcon>
            )}
          </Group>
          <bdi>{text}</bdi>
        </div>
      ))}
      {remove.failure && <FailureNote failure={remove.failure} />}
      {operates && <NoteForm id={record.id} reload={reload} />}
    </Section>
  );
}

function NoteForm({ id, reload }: { readonly id: string; readonly reload: () => void }) {
  const { notes: words } = useWords();
  const [text, setText] = useState('');
  const add = useDeed(async () => {
    await ask('POST /records/:id/notes', { params: { id }, body: { text } });
    setText('');
    reload();
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.run();
      }}
    >
      <Textarea
        mt="sm"
        label={words.write}
        autosize
        minRows={2}
        maxLength={longestNote}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {add.failure && <FailureNote failure={add.failure} />}
      <Group justify="flex-end" mt="xs">
        <Button type="submit" size="xs" disabled={text.trim() === ''} loading={add.busy}>
          {words.add}
        </Button>
      </Group>
    </form>
  );
}
