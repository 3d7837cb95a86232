import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import type { ApiToken, ResponseOf } from '../../../api.ts';
import { useAnswer, useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { useClock } from '../../parts/clock.ts';
import { Answered, Empty, FailureNote } from '../../parts/notes.tsx';
import { Section, Tag } from '../../parts/shapes.tsx';
import { personBehind } from '../../parts/person.ts';
import { Question } from './question.tsx';
import { areComplete, GroupNames, RightsFields, rightsFor, type Rights } from './rights-fields.tsx';
import { SecretNote } from './secret.tsx';

type Made = ResponseOf<'POST /tokens'>;

/** What programs may ask, and until when. */
export function Tokens() {
  const { tokens: words } = useWords();
  const answer = useAnswer('GET /tokens', {});
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<Made>();
  const [ending, setEnding] = useState<ApiToken>();
  return (
    <Section
      title={words.title}
      aside={
        <Button size="xs" variant="default" onClick={() => setAdding(true)}>
          {words.add}
        </Button>
      }
    >
      <Text size="sm" c="dimmed" mb="xs">
        {words.help}
      </Text>
      <Answered answer={answer}>{({ tokens }) => <TokenTable tokens={tokens} end={setEnding} />}</Answered>
      {isAdding && (
        <AddToken
          onClose={() => setAdding(false)}
          onMade={(token) => {
            setAdding(false);
            setMade(token);
            answer.reload();
          }}
        />
      )}
      {made && (
        <SecretNote
          title={words.secretTitle(made.token.name)}
          label={words.secret}
          help={words.secretHelp}
          secret={made.secret}
          onDone={() => setMade(undefined)}
        />
      )}
      {ending && (
        <Question
          title={words.endTitle(ending.name)}
          question={words.endQuestion}
          yes={words.end}
          act={() => ask('DELETE /tokens/:id', { params: { id: ending.id } })}
          onDone={() => {
            setEnding(undefined);
            answer.reload();
          }}
        />
      )}
    </Section>
  );
}

function TokenTable({
  tokens,
  end,
}: {
  readonly tokens: readonly ApiToken[];
  readonly end: (token: ApiToken) => void;
}) {
  const { tokens: words, users, roles } = useWords();
  const format = useFormat();
  if (tokens.length === 0) return <Empty title={words.none}>{words.noneWhy}</Empty>;
  return (
    <table className="list stack">
      <caption>{words.title}</caption>
      <thead>
        <tr>
          <th>{words.name}</th>
          <th>{users.role}</th>
          <th>{users.groups}</th>
          <th>{words.created}</th>
          <th>{words.lastUsed}</th>
          <th>{words.expires}</th>
          <th>{users.actions}</th>
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <tr key={token.id}>
            <td className="whole">
              <Text span size="sm" fw={600}>
                <bdi>{token.name}</bdi>
              </Text>
            </td>
            <td data-name={users.role}>{roles[token.role]}</td>
            <td data-name={users.groups}>
              <GroupNames role={token.role} groups={token.groups} />
            </td>
            <td className="whole" data-name={words.created}>
              {words.createdBy(format.dateTime(token.created), personBehind(token.created_by))}
            </td>
            <td className="nowrap" data-name={words.lastUsed}>
              {token.last_used === null ? users.never : format.dateTime(token.last_used)}
            </td>
            <td className="nowrap" data-name={words.expires}>
              <Expiry expires={token.expires} />
            </td>
            <td>
              <Button
                size="compact-sm"
                variant="default"
                aria-label={words.endTitle(token.name)}
                onClick={() => end(token)}
              >
                {words.end}
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const everyMinuteMs = 60_000;

function Expiry({ expires }: { readonly expires: string | null }) {
  const { tokens: words } = useWords();
  const format = useFormat();
  const now = useClock(everyMinuteMs);
  if (expires === null) return words.forever;
  const isOver = new Date(expires).getTime() < now;
  return (
    <>
      {format.date(expires)} {isOver && <Tag tone="warn">{words.over}</Tag>}
    </>
  );
}

const spans = [30, 90, 365] as const;

function AddToken({
  onMade,
  onClose,
}: {
  readonly onMade: (made: Made) => void;
  readonly onClose: () => void;
}) {
  const { tokens: words, common } = useWords();
  const [name, setName] = useState('');
  const [rights, setRights] = useState<Rights>({ role: 'auditor', groups: [] });
  const [days, setDays] = useState('365');
  const add = useDeed(async () => {
    const until = days === '' ? null : Number(days);
    onMade(await ask('POST /tokens', { body: { name, ...rightsFor(rights), days: until } }));
  });
  return (
    <Modal opened onClose={onClose} title={words.add}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.run();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={words.name}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="off"
            maxLength={80}
            required
            data-autofocus
          />
          <RightsFields rights={rights} change={setRights} />
          <NativeSelect
            label={words.days}
            data={[
              ...spans.map((span) => ({ value: String(span), label: words.daysOf(span) })),
              { value: '', label: words.forever },
            ]}
            value={days}
            onChange={(event) => setDays(event.currentTarget.value)}
          />
          {add.failure && <FailureNote failure={add.failure} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {common.cancel}
            </Button>
            <Button type="submit" loading={add.busy} disabled={!areComplete(rights)}>
              {words.add}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
