import { Button, Group, Modal, PasswordInput, Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';

import type { User } from '../../../api.ts';
import { useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { useWords } from '../../language/language.tsx';
import { FailureNote } from '../../parts/notes.tsx';
import { areComplete, RightsFields, rightsFor, type Rights } from './rights-fields.tsx';

const leastLength = 10;

/** `onAdded`: by a link the user is still to be let in. */
export function AddUser({
  onAdded,
  onClose,
}: {
  readonly onAdded: (name: string, entry: 'link' | 'password') => void;
  readonly onClose: () => void;
}) {
  const { users: words, common } = useWords();
  const [name, setName] = useState('');
  const [rights, setRights] = useState<Rights>({ role: 'supervisor', groups: [] });
  const [entry, setEntry] = useState<'link' | 'password'>('link');
  const [password, setPassword] = useState('');
  const add = useDeed(async () => {
    const given = entry === 'password' ? { password } : {};
    const user = await ask('POST /users', { body: { name, ...rightsFor(rights), ...given } });
    onAdded(user.name, entry);
  });
  return (
    <Modal opened onClose={onClose} title={words.add}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.run();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={words.name}
            description={words.nameHelp}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={64}
            required
            data-autofocus
          />
          <RightsFields rights={rights} change={setRights} />
          <Radio.Group
            label={words.entry}
            value={entry}
            onChange={(value) => setEntry(value === 'password' ? 'password' : 'link')}
          >
            <Stack gap={6} mt={6}>
              <Radio value="link" label={words.byLink} />
              <Radio value="password" label={words.byPassword} />
            </Stack>
          </Radio.Group>
          {entry === 'password' && (
            <PasswordInput
              label={words.password}
              autoComplete="new-password"
              minLength={leastLength}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              required
            />
          )}
          {add.failure && <FailureNote failure={add.failure} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {common.cancel}
            </Button>
            <Button type="submit" loading={add.busy} disabled={!areComplete(rights)}>
              {words.add}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

export function EditUser({ user, onDone }: { readonly user: User; readonly onDone: () => void }) {
  const { common } = useWords();
  const [rights, setRights] = useState<Rights>(user);
  const save = useDeed(async () => {
    await ask('PATCH /users/:name', { params: { name: user.name }, body: rightsFor(rights) });
    onDone();
  });
  return (
    <Modal opened onClose={onDone} title={user.name}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <RightsFields rights={rights} change={setRights} />
        {save.failure && <FailureNote failure={save.failure} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onDone}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={save.busy} disabled={!areComplete(rights)}>
            {common.save}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

export function GivePassword({ user, onDone }: { readonly user: User; readonly onDone: () => void }) {
  const { users: words, common } = useWords();
  const [password, setPassword] = useState('');
  const save = useDeed(async () => {
    await ask('PATCH /users/:name', { params: { name: user.name }, body: { password } });
    onDone();
  });
  return (
    <Modal opened onClose={onDone} title={user.name}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <PasswordInput
          label={words.setPassword}
          description={words.passwordHelp}
          autoComplete="new-password"
          minLength={leastLength}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          required
          data-autofocus
        />
        {save.failure && <FailureNote failure={save.failure} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onDone}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={save.busy}>
            {common.save}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
