import { Button, Group, PasswordInput, Stack, Text, Textarea } from '@mantine/core';
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

/** In a field of one line, the line breaks of a key in PEM format would be lost. */
function isOfLines(path: FieldProps['path']): boolean {
  return path.at(-1) === 'private_key';
}

/** Never shown; only replaced, by text, or removed: that it is read from a file is written by hand. */
export function SecretField({ path, node }: FieldProps) {
  const { base: file, changes: made, values } = useDraft();
  const words = usePageWords();
  const state = secretAt(values, path);
  // What is saved is closed again.
  const [openAt, setOpenAt] = useState<string>();
  const isOpen = openAt !== undefined && openAt === file?.revision;
  const typed = state.is === 'typed' ? state.text : '';
  const type = (text: string): void =>
    draft.revise((base, changes) => secretTyped(base, changes, path, text));
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
            onReplace={() => setOpenAt(file?.revision)}
            onRemove={() => draft.revise((base, changes) => secretRemoved(base, changes, path))}
          />
        ) : (
          <Stack gap={6}>
            {isOfLines(path) ? (
              <Textarea
                id={id}
                aria-describedby={describedBy}
                error={invalid}
                className="entry"
                autoComplete="off"
                spellCheck={false}
                rows={4}
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
