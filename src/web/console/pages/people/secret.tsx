import { Button, Group, Modal, Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import { useWords } from '../../language/language.tsx';

/** Something that is shown this once, to be copied. */
export function SecretNote({
  title,
  label,
  help,
  below,
  secret,
  onDone,
}: {
  readonly title: string;
  readonly label: string;
  readonly help: string;
  readonly below?: string;
  readonly secret: string;
  readonly onDone: () => void;
}) {
  const { users: words } = useWords();
  const [isCopied, setCopied] = useState(false);
  // Browsers give it only to pages that are encrypted, or of this machine; everywhere else the text can be marked.
  const clipboard = window.isSecureContext ? navigator.clipboard : undefined;
  return (
    <Modal opened onClose={onDone} title={title} closeOnClickOutside={false}>
      <Text size="sm">{help}</Text>
      <TextInput
        mt="sm"
        label={label}
        readOnly
        value={secret}
        className="mono"
        onFocus={(event) => event.currentTarget.select()}
        data-autofocus
      />
      {below !== undefined && (
        <Text size="sm" c="dimmed" mt="xs">
          {below}
        </Text>
      )}
      <Group justify="flex-end" mt="md">
        {clipboard && (
          <Button
            variant="default"
            onClick={() => void clipboard.writeText(secret).then(() => setCopied(true))}
          >
            {isCopied ? words.copied : words.copy}
          </Button>
        )}
        <Button onClick={onDone}>{words.done}</Button>
      </Group>
    </Modal>
  );
}
