import { ActionIcon, Button, Group, Modal, Text } from '@mantine/core';
import { useState } from 'react';

import { ConfigurationPage } from '../../forms/configuration-page.tsx';
import { isWithin, listAt, sectionAt, textAt, type Path } from '../../forms/changes.ts';
import { draft, useDraft } from '../../forms/draft.ts';
import { groupParts } from '../../forms/layouts.ts';
import { useMayChange } from '../../forms/may-change.ts';
import { Parts } from '../../forms/parts.tsx';
import { usePageWords } from '../../forms/words.ts';
import { useSpeech } from '../../language/language.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Empty } from '../../parts/notes.tsx';
import { Tag } from '../../parts/shapes.tsx';

/** Whose calls are recorded, and what the other party is told. */
export default function Groups() {
  return (
    <ConfigurationPage page="groups">
      <GroupList />
    </ConfigurationPage>
  );
}

function GroupList() {
  const words = usePageWords();
  const { values } = useDraft();
  const mayChange = useMayChange();
  const { language } = useSpeech();
  const groups = listAt(values, ['groups']);
  const [open, setOpen] = useState<number | undefined>(groups.length === 1 ? 0 : undefined);
  const add = (): void => {
    const targets = Object.keys(sectionAt(values, ['targets']) ?? {});
    const group = {
      name: words.newGroupName(groups.length + 1),
      members: [],
      announcement: { incoming: { mode: 'notice' }, outgoing: { mode: 'notice' } },
      ...(language === 'de' ? {} : { language }),
      deliver_to: targets.length === 1 ? targets : [],
    };
    if (groups.length === 0) draft.set(['groups'], [group]);
    else draft.insert(['groups', groups.length], group);
    setOpen(groups.length);
  };
  return (
    <>
      {groups.length === 0 && <Empty title={words.noGroups}>{words.noGroupsWhy}</Empty>}
      {groups.map((_, index) => (
        <GroupCard
          key={index}
          index={index}
          count={groups.length}
          isOpen={open === index}
          onToggle={() => setOpen(open === index ? undefined : index)}
          onMoved={setOpen}
        />
      ))}
      {mayChange && (
        <Button variant={groups.length === 0 ? 'filled' : 'default'} mt="md" onClick={add}>
          {words.addGroup}
        </Button>
      )}
    </>
  );
}

function GroupCard({
  index,
  count,
  isOpen,
  onToggle,
  onMoved,
}: {
  readonly index: number;
  readonly count: number;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly onMoved: (to: number | undefined) => void;
}) {
  const words = usePageWords();
  const { values, faults } = useDraft();
  const mayChange = useMayChange();
  const [isRemoving, setRemoving] = useState(false);
  const at: Path = ['groups', index];
  const name = textAt(values, [...at, 'name']);
  const members = listAt(values, [...at, 'members']).map(String);
  const wrong = faults.filter((fault) => isWithin(fault.at, at)).length;
  const move = (to: number): void => {
    draft.do({ do: 'move', at: [...at], to });
    onMoved(isOpen ? to : undefined);
  };
  return (
    <section className="entry-card">
      <div className="entry-head">
        <h2>
          <button
            type="button"
            className="entry-toggle"
            aria-expanded={isOpen}
            data-key={`groups.${index}`}
            onClick={onToggle}
          >
            <Icon name="down" size={16} className={isOpen ? undefined : 'turned'} />
            {name === '' ? words.unnamed : name}
          </button>
        </h2>
        <Text size="sm" c="dimmed" className="entry-summary">
          {members.length === 0 ? words.noMembers : members.join(', ')}
        </Text>
        {wrong > 0 && <Tag tone="bad">{words.wrong(wrong)}</Tag>}
        {mayChange && (
          <EntryButtons
            name={name}
            isFirst={index === 0}
            isLast={index === count - 1}
            onMove={(by) => move(index + by)}
            onRemove={() => setRemoving(true)}
          />
        )}
      </div>
      {isOpen && <Parts parts={groupParts} at={at} />}
      <Modal opened={isRemoving} onClose={() => setRemoving(false)} title={words.removeGroup(name)}>
        <Text size="sm">{words.removeGroupHelp}</Text>
        <Group justify="flex-end" mt="md">
          <Button
            color="red"
            onClick={() => {
              setRemoving(false);
              onMoved(undefined);
              draft.remove(at);
            }}
          >
            {words.remove}
          </Button>
        </Group>
      </Modal>
    </section>
  );
}

function EntryButtons({
  name,
  isFirst,
  isLast,
  onMove,
  onRemove,
}: {
  readonly name: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly onMove: (by: -1 | 1) => void;
  readonly onRemove: () => void;
}) {
  const words = usePageWords();
  const look = { variant: 'default', size: 32 } as const;
  return (
    <Group gap={6} wrap="nowrap" ml="auto">
      {!(isFirst && isLast) && (
        <>
          <ActionIcon
            {...look}
            aria-label={words.earlier(name)}
            disabled={isFirst}
            onClick={() => onMove(-1)}
          >
            <Icon name="down" size={15} className="upward" />
          </ActionIcon>
          <ActionIcon {...look} aria-label={words.later(name)} disabled={isLast} onClick={() => onMove(1)}>
            <Icon name="down" size={15} />
          </ActionIcon>
        </>
      )}
      <ActionIcon {...look} aria-label={words.removeGroup(name)} onClick={onRemove}>
        <Icon name="remove" size={15} />
      </ActionIcon>
    </Group>
  );
}
