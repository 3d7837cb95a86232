import { Alert, Button, Group, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useEffect, useState } from 'react';

import type { Me, ResponseOf } from '../../api.ts';
import { asFailure, useAnswer, useDeed } from '../connection/answers.ts';
import { ask, RequestFailure } from '../connection/client.ts';
import { isVoidLink, type Invitation } from '../connection/invitation.ts';
import { leaveForProvider, refusal } from '../connection/provider.ts';
import { useSpeech } from '../language/language.tsx';
import { Icon } from '../parts/icons.tsx';
import { FailureNote } from '../parts/notes.tsx';

/** By name and password, or by a one-time link: that of the first administrator, or one to choose a password. */
export function SignIn({
  invited,
  left,
  wasVoid,
  onIn,
  onVoid,
}: {
  readonly invited: Invitation | undefined;
  /** Where somebody who signed out of here may be signed in still. */
  readonly left: ResponseOf<'DELETE /session'>['provider'];
  /** The one-time link by which this page was opened. */
  readonly wasVoid: boolean;
  readonly onIn: (me: Me) => void;
  readonly onVoid: () => void;
}) {
  const { words } = useSpeech();
  const greeting = useAnswer('GET /greeting', {});
  const isFirstUse = greeting.data?.first_use === true;
  const title =
    invited === undefined
      ? words.signIn.title
      : invited.kind === 'welcome'
        ? words.signIn.welcome
        : words.link.title;
  useEffect(() => {
    document.title = `${title} · Mitschnitt`;
  }, [title]);
  const [refused] = useState(refusal);
  const enter = (me: Me): void => {
    if (invited ?? refused) window.history.replaceState(null, '', '/');
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
          {title}
        </Title>
        {invited?.kind === 'welcome' && <Text size="sm">{words.signIn.welcomeHelp}</Text>}
        {invited?.kind === 'link' && (
          <Text size="sm">
            <bdi>{words.link.help(invited.name)}</bdi>
          </Text>
        )}
        {!invited && isFirstUse && <Text size="sm">{words.signIn.firstUse}</Text>}
        {greeting.failure && <FailureNote failure={greeting.failure} retry={greeting.reload} />}
        {refused !== undefined && <FailureNote failure={new RequestFailure(refused)} />}
        {left && <Left provider={left} />}
        {wasVoid && <VoidLink />}
        {!invited && greeting.data?.oidc && <ByProvider name={greeting.data.oidc.name} />}
        <EntryForm invited={invited} onIn={enter} onVoid={onVoid} />
        <LanguageChoice />
      </div>
    </main>
  );
}

/** With an account of the provider that is configured. */
function ByProvider({ name }: { readonly name: string }) {
  const { words } = useSpeech();
  const leave = useDeed(leaveForProvider);
  return (
    <Stack gap="sm" mt="sm">
      {/* What the server says of it is for the log. */}
      {leave.failure && <FailureNote failure={new RequestFailure(leave.failure.code)} />}
      <Button className="by-provider" onClick={() => leave.run()} loading={leave.busy}>
        <bdi>{words.signIn.by(name)}</bdi>
      </Button>
      <Text size="sm" c="dimmed" ta="center">
        {words.signIn.or}
      </Text>
    </Stack>
  );
}

function Left({
  provider: { name, url },
}: {
  readonly provider: { readonly name: string; readonly url: string };
}) {
  const { words } = useSpeech();
  return (
    <Text size="sm" mt="xs" role="status">
      {words.signIn.leftTitle} <bdi>{words.signIn.left(name)}</bdi> <a href={url}>{words.signIn.leave}</a>
    </Text>
  );
}

async function entered(invited: Invitation | undefined, name: string, password: string): Promise<Me> {
  if (!invited) return await ask('POST /session', { body: { name, password } });
  const { token } = invited;
  if (invited.kind === 'welcome') return await ask('POST /welcome', { body: { token, name, password } });
  return await ask('POST /link', { body: { token, name: invited.name, password } });
}

/** That a one-time link was opened in vain. */
export function VoidLink() {
  const { words } = useSpeech();
  return (
    <Alert color="yellow" icon={<Icon name="warning" />} title={words.link.void} role="alert" mt="sm">
      <Text size="sm">{words.link.voidHelp}</Text>
    </Alert>
  );
}

function EntryForm({
  invited,
  onIn,
  onVoid,
}: {
  readonly invited: Invitation | undefined;
  readonly onIn: (me: Me) => void;
  readonly onVoid: () => void;
}) {
  const { words } = useSpeech();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const enter = useDeed(async () => {
    try {
      onIn(await entered(invited, name, password));
    } catch (error) {
      if (!invited || !isVoidLink(asFailure(error))) throw error;
      onVoid();
    }
  });
  const chooses = invited !== undefined;
  const verb = { welcome: words.signIn.create, link: words.link.save } as const;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        enter.run();
      }}
    >
      <Stack gap="sm" mt="sm">
        {invited?.kind !== 'link' && (
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
        )}
        <PasswordInput
          label={words.signIn.password}
          description={chooses ? words.signIn.passwordHelp : undefined}
          autoComplete={chooses ? 'new-password' : 'current-password'}
          minLength={chooses ? 10 : undefined}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          required
        />
        {enter.failure && <FailureNote failure={enter.failure} />}
        <Button type="submit" loading={enter.busy}>
          {invited ? verb[invited.kind] : words.signIn.enter}
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
