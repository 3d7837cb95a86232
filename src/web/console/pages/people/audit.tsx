import { Anchor, Button, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'wouter';

import type { AuditEntry, QueryGiven } from '../../../api.ts';
import { useAnswer, useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { startOfDay } from '../../language/format.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { detailIn, subjectIn } from './audit-detail.ts';
import { DayInput } from '../../parts/day-input.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Answered, Empty, FailureNote } from '../../parts/notes.tsx';
import { Page, Tag } from '../../parts/shapes.tsx';

type Query = QueryGiven<'GET /audit'>;

const names = ['person', 'action', 'from', 'to'] as const;
type Filters = Readonly<Record<(typeof names)[number], string>>;

/** Who types is not asked for each letter. */
const typedForMs = 300;
/** What others do meanwhile appears by itself. */
const lookAgainMs = 5_000;

/** Who did what. */
export default function Audit() {
  const { audit: words } = useWords();
  const { zone } = useFormat();
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  const filters = useMemo(() => filtersOf(new URLSearchParams(text)), [text]);
  const query = useMemo(() => queryOf(filters, zone), [filters, zone]);
  const change = (changed: Partial<Filters>): void =>
    setSearch(
      Object.fromEntries(Object.entries({ ...filters, ...changed }).filter(([, value]) => value !== '')),
      { replace: true },
    );
  const isFiltered = names.some((name) => filters[name] !== '');
  return (
    <Page title={words.title}>
      <section className="card">
        <Text size="sm" c="dimmed" mb="xs">
          {words.help}
        </Text>
        <FilterForm filters={filters} change={change} isFiltered={isFiltered} />
        <Entries key={JSON.stringify(query)} query={query} isFiltered={isFiltered} change={change} />
      </section>
    </Page>
  );
}

function filtersOf(search: URLSearchParams): Filters {
  const of = (name: (typeof names)[number]) => search.get(name) ?? '';
  return { person: of('person'), action: of('action'), from: of('from'), to: of('to') };
}

/** Days are those of the PBX, `to` included. */
function queryOf({ person, action, from, to }: Filters, zone: string): Query {
  const start = from === '' ? undefined : startOfDay(from, zone);
  const end = to === '' ? undefined : startOfDay(to, zone, 1);
  return {
    ...(person === '' ? {} : { person }),
    ...(action === '' ? {} : { action }),
    ...(start === undefined ? {} : { from: start }),
    ...(end === undefined ? {} : { to: end }),
  };
}

interface FilterProps {
  readonly filters: Filters;
  readonly change: (change: Partial<Filters>) => void;
  readonly isFiltered: boolean;
}

function FilterForm({ filters, change, isFiltered }: FilterProps) {
  const { audit: words } = useWords();
  const actions = Object.entries(words.actions).map(([value, label]) => ({ value, label }));
  return (
    <form role="search" onSubmit={(event) => event.preventDefault()}>
      <div className="filters">
        <Person value={filters.person} change={(person) => change({ person })} />
        <NativeSelect
          label={words.action}
          data={[{ value: '', label: words.any }, ...actions]}
          value={filters.action}
          onChange={(event) => change({ action: event.currentTarget.value })}
        />
        <DayInput label={words.from} value={filters.from} onChange={(from) => change({ from })} />
        <DayInput label={words.to} value={filters.to} onChange={(to) => change({ to })} />
        {isFiltered && (
          <Button
            variant="subtle"
            leftSection={<Icon name="close" size={14} />}
            onClick={() => change({ person: '', action: '', from: '', to: '' })}
          >
            {words.clear}
          </Button>
        )}
      </div>
    </form>
  );
}

function Person({ value, change }: { readonly value: string; readonly change: (value: string) => void }) {
  const { audit: words } = useWords();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => change(typed), typedForMs);
    return () => clearTimeout(timer);
  }, [typed, value, change]);
  return (
    <TextInput
      type="search"
      label={words.person}
      placeholder={words.personHelp}
      value={typed}
      maxLength={64}
      leftSection={<Icon name="search" size={15} />}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}

interface Older {
  readonly entries: readonly AuditEntry[];
  readonly next: number | null;
}

function Entries({
  query,
  isFiltered,
  change,
}: {
  readonly query: Query;
  readonly isFiltered: boolean;
  readonly change: FilterProps['change'];
}) {
  const { audit: words } = useWords();
  const answer = useAnswer('GET /audit', { query });
  const [older, setOlder] = useState<Older>();
  const { reload } = answer;
  const more = useDeed(async (after: number) => {
    const { entries, next } = await ask('GET /audit', { query: { ...query, after } });
    setOlder((before) => ({ entries: [...(before?.entries ?? []), ...entries], next }));
  });
  useEffect(() => {
    // Under the eyes of whoever looks at older ones nothing moves.
    if (older) return;
    const timer = setInterval(reload, lookAgainMs);
    return () => clearInterval(timer);
  }, [older, reload]);
  return (
    <Answered answer={answer}>
      {(data) => {
        const next = older ? older.next : data.next;
        const entries = [...data.entries, ...(older?.entries ?? [])];
        if (entries.length === 0)
          return isFiltered ? (
            <Empty title={words.notFound}>{words.notFoundWhy}</Empty>
          ) : (
            <Empty title={words.none}>{words.noneWhy}</Empty>
          );
        return (
          <>
            <EntryTable entries={entries} change={change} />
            {more.failure && <FailureNote failure={more.failure} />}
            {next !== null && (
              <Group justify="center" mt="sm">
                <Button variant="default" loading={more.busy} onClick={() => more.run(next)}>
                  {words.loadMore}
                </Button>
              </Group>
            )}
          </>
        );
      }}
    </Answered>
  );
}

function EntryTable({
  entries,
  change,
}: {
  readonly entries: readonly AuditEntry[];
  readonly change: FilterProps['change'];
}) {
  const { audit: words } = useWords();
  const format = useFormat();
  return (
    <table className="list stack">
      <caption>{words.caption}</caption>
      <thead>
        <tr>
          <th>{words.time}</th>
          <th>{words.person}</th>
          <th>{words.action}</th>
          <th>{words.subject}</th>
          <th>{words.address}</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.id}>
            <td className="nowrap whole">{format.dateTime(entry.at)}</td>
            <td>
              <Actor actor={entry.actor} change={change} />
            </td>
            <td>
              {words.actions[entry.action] ?? entry.action}{' '}
              {!entry.ok && entry.action !== 'sign-in-refused' && <Tag tone="bad">{words.refused}</Tag>}
            </td>
            <td className="audited whole">
              <Subject entry={entry} />
            </td>
            <td className="mono whole" data-name={words.address}>
              {entry.address === 'local' ? words.local : entry.address}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `web:anna`: by which way, and who. */
function Actor({ actor, change }: { readonly actor: string; readonly change: FilterProps['change'] }) {
  const { audit: words } = useWords();
  const [, kind = '', name = actor] = /^(web|oidc|token|cli):([^]*)$/.exec(actor) ?? [];
  return (
    <>
      <Anchor
        component="button"
        type="button"
        size="sm"
        onClick={() => change({ person: name.slice(0, 64) })}
      >
        <bdi className="party">{name}</bdi>
      </Anchor>
      <Text size="xs" c="dimmed">
        {words.kinds[kind] ?? kind}
      </Text>
    </>
  );
}

/** Whose subject is a line of the list. */
const ofRecords = new Set([
  'playback',
  'download',
  'control',
  'note',
  'note-delete',
  'hold',
  'release',
  'verify',
]);
const recordId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/;

function Subject({ entry: { action, subject, group, detail } }: { readonly entry: AuditEntry }) {
  const words = useWords();
  const { audit } = words;
  const isRecord = ofRecords.has(action) && recordId.test(subject);
  return (
    <>
      {isRecord ? (
        <Anchor component={Link} href={`/recordings/${encodeURIComponent(subject)}`} size="sm">
          {group === null ? audit.recording : `${audit.recording} · ${group}`}
        </Anchor>
      ) : (
        <bdi>{subjectIn(words, action, subject)}</bdi>
      )}
      {detail !== null && detail !== '' && (
        <Text size="xs" c="dimmed">
          <bdi>{detailIn(words, action, detail)}</bdi>
        </Text>
      )}
    </>
  );
}
