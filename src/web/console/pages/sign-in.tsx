import { Button, Group, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useEffect, useState } from 'react';

import type { Me } from '../../api.ts';
import { useAnswer, useDeed } from '../connection/answers.ts';
import { ask } from '../connection/client.ts';
import { useSpeech } from '../language/language.tsx';
import { FailureNote } from '../parts/notes.tsx';

/** `<console>/#/welcome/<token>`: the fragment is in no log of any proxy. */
function welcomeToken(): string | undefined {
  return /^#\/welcome\/([A-Za-z0-9_-]{20,100})$/.exec(window.location.hash)?.[1];
}

/** By name and password, or by the one-time link that makes the first administrator. */
export function SignIn({ onIn }: { readonly onIn: (me: Me) => void }) {
  const { words } = useSpeech();
  const [token] = useState(welcomeToken);
  const greeting = useAnswer('GET /greeting', {});
  const isFirstUse = greeting.data?.first_use === true;
  useEffect(() => {
    document.title = `${words.signIn.title} · Mitschnitt`;
  }, [words]);
  const enter = (me: Me): void => {
    if (token !== undefined) window.history.replaceState(null, '', '/');
    onIn(me);
  };
  return (
    <main className="alone">
      <div className="sign-in">
        <div className="brand">
          <img src="/icon.svg" alt="" width={32} height={32} />
          Mitschnitt
        </div>
        <Title order={1} size="h3" mt="md">
          {token === undefined ? words.signIn.title : words.signIn.welcome}
        </Title>
        {token !== undefined && <Text size="sm">{words.signIn.welcomeHelp}</Text>}
        {token === undefined && isFirstUse && <Text size="sm">{words.signIn.firstUse}</Text>}
        {greeting.failure && <FailureNote failure={greeting.failure} retry={greeting.reload} />}
        <EntryForm token={token} onIn={enter} />
        <LanguageChoice />
      </div>
    </main>
  );
}

function EntryForm({ token, onIn }: { readonly token: string | undefined; readonly onIn: (me: Me) => void }) {
  const { words } = useSpeech();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const enter = useDeed(async () => {
    const me =
      token === undefined
        ? await ask('POST /session', { body: { name, password } })
        : await ask('POST /welcome', { body: { token, name, password } });
    onIn(me);
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        enter.run();
      }}
    >
      <Stack gap="sm" mt="sm">
        <TextInput
          label={words.signIn.name}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          data-autofocus
        />
        <PasswordInput
          label={words.signIn.password}
          description={token === undefined ? undefined : words.signIn.passwordHelp}
          autoComplete={token === undefined ? 'current-password' : 'new-password'}
          minLength={token === undefined ? undefined : 10}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          required
        />
        {enter.failure && <FailureNote failure={enter.failure} />}
        <Button type="submit" loading={enter.busy}>
          {token === undefined ? words.signIn.enter : words.signIn.create}
        </Button>
      </Stack>
    </form>
  );
}

function LanguageChoice() {
  const { language, change } = useSpeech();
  const other = language === 'de' ? 'en' : 'de';
  return (
    <Group justify="center" mt="md">
      <Button variant="subtle" size="compact-sm" lang={other} onClick={() => change(other)}>
        {other === 'de' ? 'Deutsch' : 'English'}
      </Button>
    </Group>
  );
}
