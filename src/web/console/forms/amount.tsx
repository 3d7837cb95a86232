import { Group, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';

import { amountOf, unitsOf } from './amounts.ts';
import { textAt } from './changes.ts';
import { draft, useDraft } from './draft.ts';
import type { Described, FieldProps } from './field.tsx';
import { presetOf, type SchemaNode } from './schema.ts';
import { usePageWords, useWording } from './words.ts';

type Kind = NonNullable<SchemaNode['x-kind']>;

/** What is chosen as long as there is neither a value nor a default. */
const usualUnit: Readonly<Partial<Record<Kind, string>>> = { duration: 'd', size: 'MB', rate: 'MB/s' };

/** A number and its unit. */
export function AmountInput({
  path,
  node,
  kind,
  described: { id, describedBy, invalid },
}: FieldProps & { readonly described: Described; readonly kind: Kind | undefined }) {
  const { values } = useDraft();
  const words = usePageWords();
  const wording = useWording();
  const written = textAt(values, path);
  const now = amountOf(written, kind);
  const units = unitsOf(kind, now?.unit);
  const preset = amountOf(presetOf(node) ?? '', kind);
  const [picked, setPicked] = useState<string>();
  const unit = now?.unit ?? picked ?? preset?.unit ?? (kind && usualUnit[kind]) ?? units[0] ?? '';
  // `${NAME}`, or what is no amount at all: a unit beside it would say what does not hold.
  const isWhole = written !== '' && !now;
  const put = (number: string, chosen: string): void => {
    // While the number is typed anew, its unit stays: years must not become days.
    setPicked(chosen);
    if (number.trim() === '') draft.remove(path);
    // A whole value may be pasted: 8h.
    else draft.set(path, /^\d*(\.\d*)?$/.test(number.trim()) ? `${number.trim()}${chosen}` : number);
  };
  return (
    <Group gap="xs" wrap="nowrap" align="start">
      <TextInput
        id={id}
        aria-describedby={describedBy}
        error={invalid}
        className={isWhole ? 'entry' : 'amount'}
        inputMode="decimal"
        autoComplete="off"
        value={now?.number ?? written}
        placeholder={preset?.number ?? wording.absent(path, values)}
        onChange={(event) => put(event.currentTarget.value, unit)}
      />
      {isWhole ? null : units.length === 1 ? (
        <span className="unit">{units[0]}</span>
      ) : (
        <NativeSelect
          className="unit-choice"
          aria-label={words.unit}
          value={unit}
          onChange={(event) => {
            if (now && now.number !== '') put(now.number, event.currentTarget.value);
            else setPicked(event.currentTarget.value);
          }}
          data={units.map((value) => ({ value, label: words.units[value] ?? value }))}
        />
      )}
    </Group>
  );
}
