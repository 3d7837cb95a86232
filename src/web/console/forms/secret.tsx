import { Button, Group, NativeSelect, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import { isAt, textAt, valueAt } from './changes.ts';
import { draft, useDraft } from './draft.ts';
import { Row, write, type FieldProps } from './field.tsx';
import { usePageWords } from './words.ts';

/** Never shown; only replaced. */
export function SecretField({ path, node }: FieldProps) {
  const { base, values, changes } = useDraft();
  const words = usePageWords();
  const file = [...path.slice(0, -1), `${String(path.at(-1))}_file`];
  const isTyped = valueAt(values, path) !== undefined;
  const isFileChanged = changes.some(({ at }) => isAt(at, file));
  const state = base?.secrets.find(({ at }) => isAt(at, path));
  const isRemoved = changes.some((each) => each.do === 'remove' && isWithinRemoved(each.at, path));
  const known = isRemoved ? undefined : state;
  const [isOpen, setOpen] = useState(false);
  const [byFile, setByFile] = useState(false);
  const isEditing = isOpen || isTyped || isFileChanged || !known;
  const how = (wanted: boolean): void => {
    setByFile(wanted);
    draft.remove(wanted ? path : file);
  };
  const isFile = byFile || (isFileChanged && !isTyped);
  return (
    <Row path={path} node={node}>
      {({ id, describedBy, invalid }) =>
        isEditing ? (
          <Stack gap={6}>
            <Group gap="xs" wrap="nowrap" align="start">
              {isFile ? (
                <TextInput
                  id={id}
                  aria-describedby={describedBy}
                  error={invalid}
                  className="entry"
                  placeholder="/etc/mitschnitt/secret"
                  value={textAt(values, file)}
                  onChange={(event) => {
                    if (known && known.how !== 'file') draft.remove(path);
                    write(file, event.currentTarget.value);
                  }}
                />
              ) : (
                <PasswordInput
                  id={id}
                  aria-describedby={describedBy}
                  error={invalid}
                  className="entry"
                  autoComplete="new-password"
                  value={textAt(values, path)}
                  visibilityToggleButtonProps={{ 'aria-label': words.showSecret, tabIndex: 0 }}
                  onChange={(event) => {
                    if (known?.how === 'file') draft.remove(file);
                    write(path, event.currentTarget.value);
                  }}
                />
              )}
              <NativeSelect
                aria-label={words.secretHow}
                className="unit-choice"
                value={isFile ? 'file' : 'text'}
                onChange={(event) => how(event.currentTarget.value === 'file')}
                data={[
                  { value: 'text', label: words.secretTyped },
                  { value: 'file', label: words.secretFile },
                ]}
              />
            </Group>
            {known && !isTyped && !isFileChanged && (
              <Button variant="subtle" size="compact-xs" onClick={() => setOpen(false)}>
                {words.keepSecret}
              </Button>
            )}
          </Stack>
        ) : (
          <Group gap="sm">
            <Text size="sm">{words.secretStates[known.how](known.source ?? '')}</Text>
            <Button
              id={id}
              variant="default"
              size="xs"
              aria-describedby={describedBy}
              onClick={() => setOpen(true)}
            >
              {words.replace}
            </Button>
          </Group>
        )
      }
    </Row>
  );
}

/** The target or section that it belonged to was removed, and perhaps made anew. */
function isWithinRemoved(removed: readonly (string | number)[], path: readonly (string | number)[]): boolean {
  return removed.length < path.length && removed.every((part, index) => part === path[index]);
}
