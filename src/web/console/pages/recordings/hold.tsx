import { Button, Group, Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import type { RecordDetail } from '../../../api.ts';
import { useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { FailureNote } from '../../parts/notes.tsx';
import { Section, Tag } from '../../parts/shapes.tsx';
import { personBehind } from '../../parts/person.ts';
import { useRights } from '../../session.tsx';

/** Keeps a recording from being deleted, whatever its time. */
export function HoldCard({ record, reload }: { readonly record: RecordDetail; readonly reload: () => void }) {
  const { hold: words } = useWords();
  const format = useFormat();
  const { administers } = useRights();
  const [reason, setReason] = useState('');
  const params = { id: record.id };
  const put = useDeed(async () => {
    await ask('PUT /records/:id/hold', { params, body: { reason } });
    reload();
  });
  const release = useDeed(async () => {
    await ask('DELETE /records/:id/hold', { params });
    reload();
  });
  const failure = put.failure ?? release.failure;
  const { hold } = record;
  return (
    <Section title={words.title} wide aside={hold && <Tag tone="warn">{words.held}</Tag>}>
      {failure && <FailureNote failure={failure} />}
      {hold ? (
        <>
          <Text size="sm">{words.since(format.dateTime(hold.since), personBehind(hold.by))}</Text>
          {hold.reason !== null && hold.reason !== '' && <Text size="sm">{hold.reason}</Text>}
          {hold.kind === 'number' && <Text size="sm">{words.byNumber}</Text>}
          {hold.kind === 'id' && hold.on !== record.id && <Text size="sm">{words.byCall}</Text>}
          {administers && hold.on === record.id && (
            <Button size="xs" variant="default" mt="sm" loading={release.busy} onClick={() => release.run()}>
              {words.release}
            </Button>
          )}
          {!administers && hold.on === record.id && (
            <Text size="sm" c="dimmed" mt="xs">
              {words.onlyAdministrators}
            </Text>
          )}
        </>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            put.run();
          }}
        >
          <Text size="sm" c="dimmed">
            {words.help}
          </Text>
          <Group align="end" mt="xs">
            <TextInput
              flex={1}
              label={words.reason}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Button type="submit" variant="default" loading={put.busy}>
              {words.put}
            </Button>
          </Group>
        </form>
      )}
    </Section>
  );
}
