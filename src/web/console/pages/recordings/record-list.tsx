import { Button, Group, Text } from '@mantine/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';

import type { QueryGiven, RecordLine } from '../../../api.ts';
import { asFailure, useHappening } from '../../connection/answers.ts';
import { ask, type RequestFailure } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Empty, FailureNote, Waiting } from '../../parts/notes.tsx';
import { OutcomeTag, useRule } from '../../parts/outcome.tsx';
import { CallerName, DirectionMark, Party, Tag } from '../../parts/shapes.tsx';
import { mayBeListed } from './filters.ts';

const linesAtOnce = 50;

interface Loaded {
  readonly lines: readonly RecordLine[];
  readonly next: string | null;
}

/** The list page by page; what was added since is offered, not pushed under the reader's hand. */
function useLines(query: QueryGiven<'GET /records'>) {
  const question = JSON.stringify(query);
  const [loaded, setLoaded] = useState<Loaded>();
  const [failure, setFailure] = useState<RequestFailure>();
  const [busy, setBusy] = useState(false);
  const [hasNewer, setHasNewer] = useState(false);
  const abort = useRef<AbortController>(undefined);
  const load = useCallback(
    async (before: Loaded | undefined) => {
      abort.current?.abort();
      const control = new AbortController();
      abort.current = control;
      setBusy(true);
      setFailure(undefined);
      try {
        const after = before?.next;
        const asked = JSON.parse(question) as QueryGiven<'GET /records'>;
        const { records, next } = await ask('GET /records', {
          query: { ...asked, limit: linesAtOnce, ...(typeof after === 'string' ? { after } : {}) },
          signal: control.signal,
        });
        setLoaded({ lines: [...(before?.lines ?? []), ...records], next });
        if (!before) setHasNewer(false);
        setBusy(false);
      } catch (error) {
        if (control.signal.aborted) return;
        setFailure(asFailure(error));
        setBusy(false);
      }
    },
    [question],
  );
  useEffect(() => {
    void load(undefined);
    return () => abort.current?.abort();
  }, [load]);
  useHappening('record', (record) => {
    if (mayBeListed(record, JSON.parse(question) as QueryGiven<'GET /records'>)) setHasNewer(true);
  });
  return { loaded, failure, busy, hasNewer, load };
}

export function RecordList({
  query,
  empty,
  showsRule = false,
}: {
  readonly query: QueryGiven<'GET /records'>;
  readonly empty: React.ReactNode;
  readonly showsRule?: boolean;
}) {
  const words = useWords();
  const { loaded, failure, busy, hasNewer, load } = useLines(query);
  return (
    <>
      {failure && <FailureNote failure={failure} retry={() => void load(undefined)} />}
      <div role="status">
        {hasNewer && (
          <Button size="compact-sm" variant="light" mb="xs" onClick={() => void load(undefined)}>
            {words.recordings.newer}
          </Button>
        )}
      </div>
      {!loaded && !failure && <Waiting lines={8} />}
      {loaded?.lines.length === 0 && empty}
      {loaded && loaded.lines.length > 0 && <Lines lines={loaded.lines} showsRule={showsRule} />}
      {loaded && loaded.next !== null && (
        <Group justify="center" mt="sm">
          <Button variant="default" loading={busy} onClick={() => void load(loaded)}>
            {words.recordings.loadMore}
          </Button>
        </Group>
      )}
    </>
  );
}

function Lines({ lines, showsRule }: { readonly lines: readonly RecordLine[]; readonly showsRule: boolean }) {
  const { recordings: words } = useWords();
  return (
    <table className="list stack">
      <caption>{words.caption}</caption>
      <thead>
        <tr>
          <th>{words.start}</th>
          <th>{words.caller}</th>
          <th>{words.called}</th>
          <th>{words.group}</th>
          <th className="right">{words.duration}</th>
          <th>{showsRule ? words.reason : words.outcome}</th>
          <th>{showsRule ? '' : words.delivery}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <Line key={line.id} line={line} showsRule={showsRule} />
        ))}
      </tbody>
    </table>
  );
}

const toneOfDelivery = { delivered: 'good', pending: 'plain', 'set-aside': 'bad' } as const;

function Line({ line, showsRule }: { readonly line: RecordLine; readonly showsRule: boolean }) {
  const { recordings: words } = useWords();
  const format = useFormat();
  const ruleIn = useRule();
  return (
    <tr className="goes">
      <td className="nowrap whole">
        <Link href={`/recordings/${encodeURIComponent(line.id)}`} className="row">
          {format.dateTime(line.start)}
        </Link>
      </td>
      <td>
        <DirectionMark direction={line.direction} /> <Party number={line.from} />
        <CallerName name={line.from_name} />
      </td>
      <td data-name="→">
        <Party number={line.to} />
      </td>
      <td data-name={words.group}>{line.group}</td>
      <td className="right" data-name={words.duration}>
        {line.talk_ms === 0 ? '–' : format.duration(line.talk_ms)}
      </td>
      <td className={showsRule ? 'whole' : undefined}>
        <OutcomeTag outcome={line.outcome} />
        {showsRule && (
          <Text size="xs" c="dimmed">
            {ruleIn(line.rule)}
          </Text>
        )}
      </td>
      <td className="nowrap">
        {line.delivery !== null && (
          <Tag tone={toneOfDelivery[line.delivery]}>{words.deliveries[line.delivery]}</Tag>
        )}
        {line.held && <Mark icon="lock" label={words.held} />}
        {line.notes > 0 && <Mark icon="note" label={words.noteCount(line.notes)} />}
      </td>
    </tr>
  );
}

function Mark({ icon, label }: { readonly icon: 'lock' | 'note'; readonly label: string }) {
  return (
    <span className="direction mark" role="img" aria-label={label} title={label}>
      <Icon name={icon} size={15} />
    </span>
  );
}

/** Nothing was found, or there is nothing yet. */
export function NothingFound({
  isFiltered,
  clear,
}: {
  readonly isFiltered: boolean;
  readonly clear: () => void;
}) {
  const { recordings: words } = useWords();
  if (!isFiltered) return <Empty title={words.none}>{words.noneWhy}</Empty>;
  return (
    <Empty title={words.notFound}>
      {words.notFoundWhy}
      <div>
        <Button variant="default" size="xs" mt="xs" onClick={clear}>
          {words.clear}
        </Button>
      </div>
    </Empty>
  );
}
