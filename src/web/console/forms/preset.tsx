import { NativeSelect, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';

import { isOwnValue } from './amounts.ts';
import { textAt } from './changes.ts';
import { useDraft } from './draft.ts';
import { presetOf } from './schema.ts';
import { write, type Described, type FieldProps } from './field.tsx';
import { usePageWords, useWording } from './words.ts';

const own = 'own';

/** What is often wanted to choose from, and anything else to write. */
export function PresetInput({
  path,
  node,
  offered,
  described: { id, describedBy, invalid },
}: FieldProps & { readonly offered: readonly string[]; readonly described: Described }) {
  const { values } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const written = textAt(values, path);
  const [typed, setTyped] = useState<string>();
  const isOwn = isOwnValue(written, offered, typed);
  const preset = presetOf(node);
  const named = (value: string) => wording.choice(path, values, value);
  const none =
    preset === undefined ? (wording.absent(path, values) ?? words.usual) : words.usually(named(preset));
  return (
    <Stack gap="xs">
      <NativeSelect
        id={id}
        aria-describedby={describedBy}
        error={invalid && !isOwn}
        value={isOwn ? own : written}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setTyped(value === own ? written : undefined);
          if (value !== own) write(path, value);
        }}
        data={[
          { value: '', label: none },
          ...offered.map((value) => ({ value, label: named(value) })),
          { value: own, label: words.other },
        ]}
      />
      {isOwn && (
        <TextInput
          aria-label={words.otherValue}
          description={words.scheduleHelp}
          error={invalid}
          className="mono-input"
          autoComplete="off"
          value={written}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            write(path, event.currentTarget.value);
          }}
        />
      )}
    </Stack>
  );
}
