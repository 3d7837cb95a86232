import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';

import { today } from '../../language/format.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { DayInput } from '../../parts/day-input.tsx';
import { Icon } from '../../parts/icons.tsx';
import type { Outcome } from '../../parts/outcome.tsx';
import { useMe } from '../../session.tsx';
import type { FilterName, Filters } from './filters.ts';

export interface FilterFormProps {
  readonly filters: Filters;
  readonly change: (change: Partial<Record<FilterName, string>>) => void;
  readonly clear: () => void;
  /** To choose from, of calls that were not recorded; without: no such field, but what became of the recording. */
  readonly outcomes?: readonly Outcome[];
}

/** Who types is not asked for each letter. */
const typedForMs = 300;

export function FilterForm({ filters, change, clear, outcomes }: FilterFormProps) {
  const words = useWords();
  const { known_groups: groups } = useMe();
  const { recordings: own } = words;
  const any = { value: '', label: own.any };
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <form role="search" onSubmit={(event) => event.preventDefault()}>
      <div className="filters">
        <Typed name="number" label={own.number} value={filters.number ?? ''} change={change} />
        <Typed name="text" label={own.text} value={filters.text ?? ''} change={change} />
        <Day name="from" label={own.from} filters={filters} change={change} />
        <Day name="to" label={own.to} filters={filters} change={change} />
        {groups.length > 1 && (
          <NativeSelect
            label={own.group}
            data={[any, ...groups]}
            value={filters.group ?? ''}
            onChange={(event) => change({ group: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label={own.direction}
          data={[
            any,
            ...(['incoming', 'outgoing', 'internal'] as const).map((value) => ({
              value,
              label: words.directions[value],
            })),
          ]}
          value={filters.direction ?? ''}
          onChange={(event) => change({ direction: event.currentTarget.value })}
        />
        {outcomes && (
          <NativeSelect
            label={own.outcome}
            data={[any, ...outcomes.map((value) => ({ value, label: words.outcomes[value] }))]}
            value={filters.outcome ?? ''}
            onChange={(event) => change({ outcome: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label={own.more}
          data={[
            any,
            ...(outcomes
              ? []
              : [
                  { value: 'pending', label: own.onlyPending },
                  { value: 'set-aside', label: own.onlySetAside },
                ]),
            { value: 'held', label: own.onlyHeld },
          ]}
          value={filters.held === undefined ? (filters.delivery ?? '') : 'held'}
          onChange={(event) => {
            const { value } = event.currentTarget;
            change(value === 'held' ? { held: 'true', delivery: '' } : { delivery: value, held: '' });
          }}
        />
      </div>
      <Spans filters={filters} change={change}>
        {isFiltered && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<Icon name="close" size={14} />}
            onClick={clear}
          >
            {own.clear}
          </Button>
        )}
      </Spans>
    </form>
  );
}

type Change = FilterFormProps['change'];

function Typed({
  name,
  label,
  value,
  change,
}: {
  readonly name: 'number' | 'text';
  readonly label: string;
  readonly value: string;
  readonly change: Change;
}) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => change({ [name]: typed }), typedForMs);
    return () => clearTimeout(timer);
  }, [typed, value, name, change]);
  return (
    <TextInput
      type="search"
      label={label}
      value={typed}
      maxLength={name === 'number' ? 40 : 200}
      leftSection={<Icon name="search" size={15} />}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}

function Day({
  name,
  label,
  filters,
  change,
}: {
  readonly name: 'from' | 'to';
  readonly label: string;
  readonly filters: Filters;
  readonly change: Change;
}) {
  return <DayInput label={label} value={filters[name] ?? ''} onChange={(day) => change({ [name]: day })} />;
}

function Spans({
  filters,
  change,
  children,
}: {
  readonly filters: Filters;
  readonly change: Change;
  readonly children: React.ReactNode;
}) {
  const { recordings: own } = useWords();
  const { zone } = useFormat();
  const spans = [
    { name: own.today, from: today(zone), to: today(zone) },
    { name: own.yesterday, from: today(zone, 1), to: today(zone, 1) },
    { name: own.lastDays(7), from: today(zone, 6), to: today(zone) },
    { name: own.lastDays(30), from: today(zone, 29), to: today(zone) },
  ];
  return (
    <Group gap={6} mb="sm">
      {spans.map(({ name, from, to }) => {
        const isChosen = filters.from === from && filters.to === to;
        return (
          <Button
            key={name}
            size="compact-sm"
            variant={isChosen ? 'filled' : 'default'}
            aria-pressed={isChosen}
            onClick={() => change(isChosen ? { from: '', to: '' } : { from, to })}
          >
            {name}
          </Button>
        );
      })}
      {children}
    </Group>
  );
}
