import { Button, Group, Menu, Modal, PasswordInput, Stack, Text, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';

import { useDeed } from './connection/answers.ts';
import { ask, client } from './connection/client.ts';
import { useSpeech } from './language/language.tsx';
import { Icon } from './parts/icons.tsx';
import { FailureNote } from './parts/notes.tsx';
import { personOf } from './parts/person.ts';
import { useMe } from './session.tsx';

const languages = { de: 'Deutsch', en: 'English' } as const;
const schemes = ['auto', 'light', 'dark'] as const;

/** What a person sets for himself. */
export function OwnMenu() {
  const me = useMe();
  const { words } = useSpeech();
  const [isChanging, { open, close }] = useDisclosure();
  const leave = useDeed(async () => {
    const { provider } = await ask('DELETE /session', {});
    client.onSignedOut(provider);
  });
  return (
    <>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            size="compact-md"
            rightSection={<Icon name="down" size={14} />}
            className="own"
          >
            <span className="own-name">{personOf(me.name)}</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{words.roles[me.role]}</Menu.Label>
          <LanguageItems />
          <Menu.Divider />
          <SchemeItems />
          <Menu.Divider />
          {me.has_password && <Menu.Item onClick={open}>{words.own.changePassword}</Menu.Item>}
          <Menu.Item onClick={() => leave.run()}>{words.own.signOut}</Menu.Item>
          <Menu.Label>Mitschnitt {me.version}</Menu.Label>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={isChanging} onClose={close} title={words.own.changePassword}>
        <PasswordForm onDone={close} />
      </Modal>
    </>
  );
}

function LanguageItems() {
  const { language, change } = useSpeech();
  return (['de', 'en'] as const).map((each) => (
    <Menu.RadioItem
      key={each}
      lang={each}
      value={each}
      checked={each === language}
      checkIcon={<Icon name="check" size={14} />}
      closeMenuOnClick
      onChange={() => change(each)}
    >
      {languages[each]}
    </Menu.RadioItem>
  ));
}

function SchemeItems() {
  const { words } = useSpeech();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return schemes.map((each) => (
    <Menu.RadioItem
      key={each}
      value={each}
      checked={each === colorScheme}
      checkIcon={<Icon name="check" size={14} />}
      closeMenuOnClick
      onChange={() => setColorScheme(each)}
    >
      {words.own.colours[each]}
    </Menu.RadioItem>
  ));
}

function PasswordForm({ onDone }: { readonly onDone: () => void }) {
  const { words } = useSpeech();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const change = useDeed(async () => {
    await ask('PUT /password', { body: { current, password } });
    onDone();
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.run();
      }}
    >
      <Stack gap="sm">
        <PasswordInput
          label={words.own.currentPassword}
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          required
        />
        <PasswordInput
          label={words.own.newPassword}
          description={words.signIn.passwordHelp}
          autoComplete="new-password"
          minLength={10}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          required
        />
        <Text size="sm" c="dimmed">
          {words.own.elsewhere}
        </Text>
        {change.failure && <FailureNote failure={change.failure} />}
        <Group justify="flex-end">
          <Button type="submit" loading={change.busy}>
            {words.common.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
