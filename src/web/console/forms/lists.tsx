import { ActionIcon, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';

import { Icon } from '../parts/icons.tsx';
import { isAt, isWithin, listAt, sectionAt, textAt, valueAt, type Path, type Value } from './changes.ts';
import { draft, useDraft } from './draft.ts';
import { AddButton, Row, type FieldProps } from './field.tsx';
import { choicesOf, entryRemoval } from './schema.ts';
import { usePageWords, useWording } from './words.ts';

function Entry({
  name,
  onRemove,
  children,
}: {
  readonly name: string;
  readonly onRemove: () => void;
  readonly children: ReactNode;
}) {
  const words = usePageWords();
  return (
    <Group gap="xs" wrap="nowrap" align="start">
      <div className="entry">{children}</div>
      <ActionIcon variant="default" size={34} aria-label={words.removeEntry(name)} onClick={onRemove}>
        <Icon name="close" size={15} />
      </ActionIcon>
    </Group>
  );
}

/** What stands in the list, each to change or to remove, and one more to add. */
export function ListField({
  path,
  node,
  isNoneAnAnswer = false,
}: FieldProps & {
  /** That there are none has to be said: an empty list is not the same as no list. */
  readonly isNoneAnAnswer?: boolean;
}) {
  const { values } = useDraft();
  const label = useWording().label(path, values) ?? '';
  return (
    <Row path={path} node={node} isGroup>
      {({ describedBy }) => (
        <Stack gap={6}>
          {isNoneAnAnswer && <None path={path} values={values} />}
          <Entries
            path={path}
            label={label}
            describedBy={describedBy}
            choices={node.items && choicesOf(node.items)}
          />
        </Stack>
      )}
    </Row>
  );
}

/** The entries of a list. `choices`: there are no others. */
export function Entries({
  path,
  label,
  describedBy,
  choices,
}: {
  readonly path: Path;
  readonly label: string;
  readonly describedBy: string;
  readonly choices?: readonly string[] | undefined;
}) {
  const { values, faults, schema } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const [next, setNext] = useState('');
  const list = listAt(values, path);
  const add = (text: string): void => {
    const wanted = text.trim();
    setNext('');
    if (wanted === '') return;
    if (list.length === 0) draft.set(path, [wanted]);
    else draft.insert([...path, list.length], wanted);
  };
  const remove = (index: number): void => {
    if (schema) draft.do(entryRemoval(schema, values, path, index));
  };
  const named = (value: string) => wording.choice(path, values, value);
  return (
    <Stack gap={6}>
      {list.map((_, index) => {
        const at: Path = [...path, index];
        const text = textAt(values, at);
        const wrong = faults.filter((fault) => isWithin(fault.at, at));
        return (
          <Entry key={index} name={named(text)} onRemove={() => remove(index)}>
            {choices ? (
              <span className="entry-fixed">{named(text)}</span>
            ) : (
              <TextInput
                aria-label={words.entry(label, index + 1)}
                value={text}
                error={wrong.map((fault) => wording.fault(fault)).join(' ') || undefined}
                spellCheck={false}
                autoComplete="off"
                onChange={(event) => draft.set(at, event.currentTarget.value)}
              />
            )}
          </Entry>
        );
      })}
      {choices ? (
        <NativeSelect
          aria-label={words.addTo(label)}
          aria-describedby={describedBy}
          value=""
          onChange={(event) => add(event.currentTarget.value)}
          data={[
            { value: '', label: words.addMore },
            ...choices
              .filter((choice) => !list.includes(choice))
              .map((value) => ({ value, label: named(value) })),
          ]}
        />
      ) : (
        <Group gap="xs" wrap="nowrap">
          <TextInput
            className="entry"
            aria-label={words.addTo(label)}
            aria-describedby={describedBy}
            placeholder={list.length === 0 ? words.noEntries : words.oneMore}
            spellCheck={false}
            autoComplete="off"
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
            onBlur={() => add(next)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              add(next);
            }}
          />
          <AddButton onClick={() => add(next)}>{words.add}</AddButton>
        </Group>
      )}
    </Stack>
  );
}

function None({ path, values }: { readonly path: Path; readonly values: Value }) {
  const words = usePageWords();
  if (listAt(values, path).length > 0) return null;
  if (valueAt(values, path) !== undefined) return <Text size="sm">{words.noTrunksNow}</Text>;
  return (
    <Button variant="default" size="xs" onClick={() => draft.set(path, [])}>
      {words.noTrunks}
    </Button>
  );
}

/** Names of one's own, each with a value. */
export function PairsField({ path, node }: FieldProps) {
  const { values, faults } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const entries = Object.keys(sectionAt(values, path) ?? {});
  const isReady = key.trim() !== '' && value.trim() !== '' && !entries.includes(key.trim());
  const add = (): void => {
    if (!isReady) return;
    draft.set([...path, key.trim()], value.trim());
    setKey('');
    setValue('');
  };
  return (
    <Row path={path} node={node} isGroup>
      {({ describedBy }) => (
        <Stack gap={6}>
          {entries.map((name) => {
            const at = [...path, name];
            const wrong = faults.find((fault) => isAt(fault.at, at));
            return (
              <Entry key={name} name={name} onRemove={() => draft.remove(entries.length === 1 ? path : at)}>
                <Group gap="xs" wrap="nowrap">
                  <span className="entry-fixed">{name}</span>
                  <TextInput
                    className="entry"
                    aria-label={words.pairValue(name)}
                    value={textAt(values, at)}
                    error={wrong && wording.fault(wrong)}
                    onChange={(event) => draft.set(at, event.currentTarget.value)}
                  />
                </Group>
              </Entry>
            );
          })}
          <Group gap="xs" wrap="nowrap">
            <TextInput
              className="entry"
              aria-label={words.prefix}
              aria-describedby={describedBy}
              placeholder="+33"
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
            <TextInput
              className="entry"
              aria-label={words.language}
              placeholder="fr"
              value={value}
              onChange={(event) => setValue(event.currentTarget.value)}
              onBlur={add}
            />
            <AddButton onClick={add}>{words.add}</AddButton>
          </Group>
        </Stack>
      )}
    </Row>
  );
}
