import { Group, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';

import { textAt } from './changes.ts';
import { draft, useDraft } from './draft.ts';
import type { Described, FieldProps } from './field.tsx';
import { presetOf, type SchemaNode } from './schema.ts';
import { usePageWords, useWording } from './words.ts';

type Kind = NonNullable<SchemaNode['x-kind']>;

const unitsOf: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  duration: ['ms', 's', 'm', 'h', 'd', 'y'],
  size: ['KB', 'MB', 'GB'],
  rate: ['KB/s', 'MB/s', 'GB/s'],
  percentage: ['%'],
};
/** What is chosen as long as there is neither a value nor a default. */
const usualUnit: Readonly<Partial<Record<Kind, string>>> = { duration: 'd', size: 'MB', rate: 'MB/s' };

/** `8h` as number and unit; undefined where it is written otherwise, such as `${NAME}`. */
function parted(text: string, units: readonly string[]): readonly [string, string] | undefined {
  const [, number = '', unit = ''] = /^(\d*(?:\.\d*)?) ?(\D*)$/.exec(text) ?? [];
  return units.includes(unit) ? [number, unit] : undefined;
}

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
  const units = (kind && unitsOf[kind]) ?? [];
  const written = textAt(values, path);
  const preset = parted(presetOf(node) ?? '', units);
  const [picked, setPicked] = useState<string>();
  const now = parted(written, units);
  const unit = now?.[1] ?? picked ?? preset?.[1] ?? (kind && usualUnit[kind]) ?? units[0] ?? '';
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
        className="amount"
        inputMode="decimal"
        autoComplete="off"
        value={now?.[0] ?? written}
        placeholder={preset?.[0] ?? wording.absent(path, values)}
        onChange={(event) => put(event.currentTarget.value, unit)}
      />
      {units.length === 1 ? (
        <span className="unit">{units[0]}</span>
      ) : (
        <NativeSelect
          className="unit-choice"
          aria-label={words.unit}
          value={unit}
          onChange={(event) => {
            if (now && now[0] !== '') put(now[0], event.currentTarget.value);
            else setPicked(event.currentTarget.value);
          }}
          data={units.map((value) => ({ value, label: words.units[value] ?? value }))}
        />
      )}
    </Group>
  );
}
