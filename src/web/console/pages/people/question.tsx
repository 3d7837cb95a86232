import { Button, Group, Modal, Text } from '@mantine/core';

import { useDeed } from '../../connection/answers.ts';
import { useWords } from '../../language/language.tsx';
import { FailureNote } from '../../parts/notes.tsx';

/** Asks before something is done that cannot be undone by a click. */
export function Question({
  title,
  question,
  yes,
  act,
  onDone,
}: {
  readonly title: string;
  readonly question: string;
  readonly yes: string;
  readonly act: () => Promise<unknown>;
  readonly onDone: () => void;
}) {
  const { common } = useWords();
  const deed = useDeed(async () => {
    await act();
    onDone();
  });
  return (
    <Modal opened onClose={onDone} title={title}>
      <Text size="sm">{question}</Text>
      {deed.failure && <FailureNote failure={deed.failure} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onDone}>
          {common.cancel}
        </Button>
        <Button color="red.9" loading={deed.busy} onClick={() => deed.run()}>
          {yes}
        </Button>
      </Group>
    </Modal>
  );
}
