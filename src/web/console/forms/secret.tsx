import { Button, Group, NativeSelect, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import { draft, useDraft } from './draft.ts';
import { Row, type Described, type FieldProps } from './field.tsx';
import {
  isSecretBehind,
  secretAt,
  secretKept,
  secretRemoved,
  secretTyped,
  type SecretState,
} from './stored-secrets.ts';
import { usePageWords } from './words.ts';

type By = 'text' | 'file';

/** Never shown; only replaced or removed. */
export function SecretField({ path, node }: FieldProps) {
  const { base: file, changes: made, values } = useDraft();
  const words = usePageWords();
  const state = secretAt(values, path);
  // What is saved is closed again.
  const [openAt, setOpenAt] = useState<string>();
  const isOpen = openAt !== undefined && openAt === file?.revision;
  const open = (): void => setOpenAt(file?.revision);
  const [wanted, setWanted] = useState<By>('text');
  const by = state.is === 'typed' ? state.by : wanted;
  const typed = state.is === 'typed' ? state.text : '';
  const type = (text: string): void =>
    draft.revise((base, changes) => secretTyped(base, changes, path, by, text));
  const keep = (): void => {
    setOpenAt(undefined);
    draft.revise((_, changes) => secretKept(changes, path));
  };
  return (
    <Row path={path} node={node}>
      {({ id, describedBy, invalid }) =>
        state.is === 'stored' && !isOpen ? (
          <StoredSecret
            state={state}
            described={{ id, describedBy }}
            onReplace={() => {
              setWanted(state.how === 'file' ? 'file' : 'text');
              open();
            }}
            onRemove={() => draft.revise((base, changes) => secretRemoved(base, changes, path))}
          />
        ) : (
          <Stack gap={6}>
            <Group gap="xs" wrap="nowrap" align="start">
              {by === 'file' ? (
                <TextInput
                  id={id}
                  aria-describedby={describedBy}
                  error={invalid}
                  className="entry"
                  placeholder={
                    state.is === 'stored' && state.how === 'file' ? state.source : '/etc/mitschnitt/secret'
                  }
                  value={typed}
                  onChange={(event) => type(event.currentTarget.value)}
                />
              ) : (
                <PasswordInput
                  id={id}
                  aria-describedby={describedBy}
                  error={invalid}
                  className="entry"
                  autoComplete="new-password"
                  value={typed}
                  visibilityToggleButtonProps={{ 'aria-label': words.showSecret, tabIndex: 0 }}
                  onChange={(event) => type(event.currentTarget.value)}
                />
              )}
              <NativeSelect
                aria-label={words.secretHow}
                className="unit-choice"
                value={by}
                onChange={(event) => {
                  // What was typed is no path, nor the other way round.
                  if (state.is === 'typed') draft.revise((_, changes) => secretKept(changes, path));
                  setWanted(event.currentTarget.value === 'file' ? 'file' : 'text');
                  open();
                }}
                data={[
                  { value: 'text', label: words.secretTyped },
                  { value: 'file', label: words.secretFile },
                ]}
              />
            </Group>
            {file && isSecretBehind(file, made, path) && (
              <Button variant="subtle" size="compact-xs" onClick={keep}>
                {words.keepSecret}
              </Button>
            )}
          </Stack>
        )
      }
    </Row>
  );
}

function StoredSecret({
  state,
  described: { id, describedBy },
  onReplace,
  onRemove,
}: {
  readonly state: Extract<SecretState, { is: 'stored' }>;
  readonly described: Omit<Described, 'invalid'>;
  readonly onReplace: () => void;
  readonly onRemove: () => void;
}) {
  const words = usePageWords();
  return (
    <Group gap="sm">
      <Text size="sm">{words.secretStates[state.how](state.source)}</Text>
      {/* The label of the row alone would not say what happens. */}
      <Button
        id={id}
        variant="default"
        size="xs"
        aria-labelledby={`${id}-name ${id}`}
        aria-describedby={describedBy}
        onClick={onReplace}
      >
        {words.replace}
      </Button>
      <Button
        id={`${id}-remove`}
        variant="default"
        size="xs"
        aria-labelledby={`${id}-name ${id}-remove`}
        onClick={onRemove}
      >
        {words.remove}
      </Button>
    </Group>
  );
}
