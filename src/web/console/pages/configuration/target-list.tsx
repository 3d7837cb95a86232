import { ActionIcon, Button, Group, Modal, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';

import type { Draft, ResponseOf } from '../../../api.ts';
import { useDeed, useNow } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { isWithin, listAt, sectionAt, textAt, valueAt, type Path } from '../../forms/changes.ts';
import { draft, useDraft } from '../../forms/draft.ts';
import { Field, Inner } from '../../forms/field.tsx';
import { rareTargetKeys } from '../../forms/layouts.ts';
import { useMayChange } from '../../forms/may-change.ts';
import { discriminatorOf, formOf, keysOf, nodeAt } from '../../forms/schema.ts';
import { usePageWords } from '../../forms/words.ts';
import { useWords } from '../../language/language.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Empty, FailureNote } from '../../parts/notes.tsx';
import { Tag } from '../../parts/shapes.tsx';
import { useRights } from '../../session.tsx';
import { TestResult } from './test-result.tsx';

/** The targets, each with its fields and a check of its connection. */
export function TargetList() {
  const words = usePageWords();
  const { values } = useDraft();
  const names = Object.keys(sectionAt(values, ['targets']) ?? {});
  const [open, setOpen] = useState<string | undefined>(names.length === 1 ? names[0] : undefined);
  const [isAdding, setAdding] = useState(false);
  const mayChange = useMayChange();
  return (
    <div className="entry-list">
      <Title order={2} size="h5">
        {words.targets}
      </Title>
      {names.length === 0 && <Empty title={words.noTargets}>{words.noTargetsWhy}</Empty>}
      {names.map((name) => (
        <TargetCard
          key={name}
          name={name}
          isOpen={open === name}
          onToggle={() => setOpen(open === name ? undefined : name)}
          onRenamed={setOpen}
        />
      ))}
      {mayChange && (
        <Button variant={names.length === 0 ? 'filled' : 'default'} mt="md" onClick={() => setAdding(true)}>
          {words.addTarget}
        </Button>
      )}
      <Modal opened={isAdding} onClose={() => setAdding(false)} title={words.addTarget}>
        <NewTarget
          taken={names}
          onMade={(name) => {
            setAdding(false);
            setOpen(name);
          }}
        />
      </Modal>
    </div>
  );
}

function NewTarget({
  taken,
  onMade,
}: {
  readonly taken: readonly string[];
  readonly onMade: (name: string) => void;
}) {
  const words = usePageWords();
  const { kinds } = useWords();
  const { schema } = useDraft();
  const [name, setName] = useState('');
  const [kind, setKind] = useState('smb');
  const other = schema?.properties?.['targets']?.additionalProperties;
  const told = typeof other === 'object' ? discriminatorOf(other) : undefined;
  const isTaken = taken.includes(name.trim());
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = name.trim();
        if (wanted === '' || isTaken) return;
        draft.set(['targets', wanted], { type: kind });
        onMade(wanted);
      }}
    >
      <Stack gap="sm">
        <NativeSelect
          label={words.targetKind}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value)}
          data={(told?.values ?? []).map((value) => ({ value, label: kinds[value] ?? value }))}
        />
        <TextInput
          label={words.targetName}
          description={words.targetNameHelp}
          required
          pattern="[\p{L}\p{N}][\p{L}\p{N}._\-]{0,63}"
          title={words.targetNameHelp}
          value={name}
          error={isTaken ? words.targetTaken : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit">{words.add}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function TargetCard({
  name,
  isOpen,
  onToggle,
  onRenamed,
}: {
  readonly name: string;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly onRenamed: (name: string | undefined) => void;
}) {
  const words = usePageWords();
  const { kinds } = useWords();
  const { values, faults } = useDraft();
  const { targets } = useNow();
  const mayChange = useMayChange();
  const [dialog, setDialog] = useState<Dialog>();
  const at: Path = ['targets', name];
  const type = textAt(values, [...at, 'type']);
  const state = targets?.find((each) => each.name === name);
  const wrong = faults.filter((fault) => isWithin(fault.at, at)).length;
  return (
    <section className="entry-card">
      <div className="entry-head">
        <h3>
          <button type="button" className="entry-toggle" aria-expanded={isOpen} onClick={onToggle}>
            <Icon name="down" size={16} className={isOpen ? undefined : 'turned'} />
            {name}
          </button>
        </h3>
        <Text size="sm" c="dimmed">
          {kinds[type] ?? type}
        </Text>
        {wrong > 0 ? (
          <Tag tone="bad">{words.wrong(wrong)}</Tag>
        ) : (
          state?.check && (
            <Tag tone={state.check.ok ? 'good' : 'bad'}>
              {state.check.ok ? words.reached : words.notReached}
            </Tag>
          )
        )}
        {mayChange && (
          <Group gap={6} wrap="nowrap" ml="auto">
            <Button
              variant="default"
              size="xs"
              onClick={() => setDialog('rename')}
              aria-label={words.renameTarget(name)}
            >
              {words.rename}
            </Button>
            <ActionIcon
              variant="default"
              size={30}
              aria-label={words.removeTarget(name)}
              onClick={() => setDialog('remove')}
            >
              <Icon name="remove" size={15} />
            </ActionIcon>
          </Group>
        )}
      </div>
      {isOpen && <TargetFields at={at} name={name} />}
      <TargetDialogs name={name} open={dialog} onOpen={setDialog} onRenamed={onRenamed} />
    </section>
  );
}

type Dialog = 'rename' | 'remove' | undefined;

function TargetDialogs({
  name,
  open,
  onOpen,
  onRenamed,
}: {
  readonly name: string;
  readonly open: Dialog;
  readonly onOpen: (dialog: Dialog) => void;
  readonly onRenamed: (name: string | undefined) => void;
}) {
  const words = usePageWords();
  const { values } = useDraft();
  return (
    <>
      <Modal opened={open === 'rename'} onClose={() => onOpen(undefined)} title={words.renameTarget(name)}>
        <Rename
          name={name}
          onDone={(to) => {
            onOpen(undefined);
            onRenamed(to);
          }}
        />
      </Modal>
      <Modal opened={open === 'remove'} onClose={() => onOpen(undefined)} title={words.removeTarget(name)}>
        <Text size="sm">{words.removeTargetHelp}</Text>
        <Group justify="flex-end" mt="md">
          <Button color="red" onClick={() => removeTarget(values, name)}>
            {words.remove}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

type Values = ReturnType<typeof useDraft>['values'];

/** Where groups name the target. */
function usesOf(values: Values, name: string): readonly Path[] {
  return listAt(values, ['groups']).flatMap((_, group) => {
    const at = ['groups', group, 'deliver_to'];
    const index = listAt(values, at).indexOf(name);
    return index === -1 ? [] : [[...at, index]];
  });
}

function removeTarget(values: Values, name: string): void {
  for (const use of usesOf(values, name)) draft.remove(use);
  draft.remove(['targets', name]);
}

function Rename({ name, onDone }: { readonly name: string; readonly onDone: (to: string) => void }) {
  const words = usePageWords();
  const { values } = useDraft();
  const [to, setTo] = useState(name);
  const wanted = to.trim();
  const isTaken = wanted !== name && valueAt(values, ['targets', wanted]) !== undefined;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted === '' || isTaken) return;
        if (wanted !== name) {
          draft.do({ do: 'rename', at: ['targets', name], to: wanted });
          for (const use of usesOf(values, name)) draft.set(use, wanted);
        }
        onDone(wanted);
      }}
    >
      <TextInput
        label={words.targetName}
        description={words.renameHelp}
        required
        value={to}
        error={isTaken ? words.targetTaken : undefined}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
      <Group justify="flex-end" mt="md">
        <Button type="submit">{words.rename}</Button>
      </Group>
    </form>
  );
}

function TargetFields({ at, name }: { readonly at: Path; readonly name: string }) {
  const words = usePageWords();
  const { schema, values } = useDraft();
  const { administers } = useRights();
  const form = schema && formOf(nodeAt(schema, values, at), valueAt(values, at));
  if (!form) return null;
  const keys = keysOf(form).filter((key) => key !== 'type');
  const usual = keys.filter((key) => !rareTargetKeys.includes(key));
  const rare = keys.filter((key) => rareTargetKeys.includes(key));
  return (
    <div className="entry-body">
      <Inner path={at} keys={usual} />
      {administers && <ConnectionCheck name={name} at={at} />}
      <details className="folded-inner">
        <summary>
          <span className="folded-name">{words.more}</span>
        </summary>
        {rare.map((key) => (
          <Field key={key} path={[...at, key]} />
        ))}
      </details>
    </div>
  );
}

/** Asks the target as it is typed, saved or not. */
function ConnectionCheck({ name, at }: { readonly name: string; readonly at: Path }) {
  const words = usePageWords();
  const { base, changes, values, faults } = useDraft();
  const isEmail = textAt(values, [...at, 'type']) === 'email';
  const places: readonly Path[] = isEmail ? [at, ['smtp']] : [at];
  const isSaved = valueAt(base?.values ?? {}, at) !== undefined;
  const typed = isSaved ? draftWithin(base, changes, places) : draftWithin(base, changes, [[]]);
  const check = useTest(() => ask('POST /targets/:name/check', { params: { name }, body: typed }));
  const isWrong = faults.some((fault) => places.some((place) => isWithin(fault.at, place)));
  return (
    <div className="test-row">
      <Button variant="default" disabled={isWrong} loading={check.busy} onClick={() => check.run()}>
        {words.checkConnection}
      </Button>
      <Text size="sm" c="dimmed">
        {isWrong ? words.correctFirst : typed.draft ? words.checkTypedHelp : words.checkHelp}
      </Text>
      {check.failure && <FailureNote failure={check.failure} />}
      {check.result && !check.busy && <TestResult result={check.result} good={words.checkGood} />}
    </div>
  );
}

type Result = ResponseOf<'POST /targets/:name/check'>;

/** What a test is to be made with: what is typed, if something is at one of these places, else what runs. */
export function draftWithin(
  base: ReturnType<typeof useDraft>['base'],
  changes: ReturnType<typeof useDraft>['changes'],
  places: readonly Path[],
): { readonly draft?: Draft } {
  const isTyped = changes.some(({ at }) =>
    places.some((place) => isWithin(at, place) || isWithin(place, at)),
  );
  return base && isTyped ? { draft: { revision: base.revision, changes: [...changes] } } : {};
}

export function useTest(act: () => Promise<Result>) {
  const [result, setResult] = useState<Result>();
  const deed = useDeed(async () => {
    setResult(undefined);
    setResult(await act());
  });
  return { ...deed, result };
}
