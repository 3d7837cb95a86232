import { Button, Group, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useEffect, useState } from 'react';

import type { Me, ResponseOf } from '../../api.ts';
import { useAnswer, useDeed } from '../connection/answers.ts';
import { ask, RequestFailure } from '../connection/client.ts';
import { leaveForProvider, refusal } from '../connection/provider.ts';
import { useSpeech } from '../language/language.tsx';
import { FailureNote } from '../parts/notes.tsx';

/** What a one-time link is for, as it is in the fragment of the address: that is in no log of any proxy. */
export type Invitation =
  | { readonly kind: 'welcome'; readonly token: string }
  | { readonly kind: 'link'; readonly name: string; readonly token: string };

/** Undefined: the page was opened without a one-time link. */
export function invitation(): Invitation | undefined {
  const [, kind, name = '', token = ''] =
    /^#\/(welcome|link)\/(?:([^/]{1,300})\/)?([A-Za-z0-9_-]{20,100})$/.exec(window.location.hash) ?? [];
  if (kind === 'welcome') return { kind, token };
  if (kind !== 'link' || name === '') return undefined;
  try {
    return { kind, name: decodeURIComponent(name), token };
  } catch {
    return undefined;
  }
}

/** By name and password, or by a one-time link: that of the first administrator, or one to choose a password. */
export function SignIn({
  invited,
  left,
  onIn,
}: {
  readonly invited: Invitation | undefined;
  /** Where somebody who signed out of here may be signed in still. */
  readonly left: ResponseOf<'DELETE /session'>['provider'];
  readonly onIn: (me: Me) => void;
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
        {!invited && greeting.data?.oidc && <ByProvider name={greeting.data.oidc.name} />}
        <EntryForm invited={invited} onIn={enter} />
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

function EntryForm({
  invited,
  onIn,
}: {
  readonly invited: Invitation | undefined;
  readonly onIn: (me: Me) => void;
}) {
  const { words } = useSpeech();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const enter = useDeed(async () => onIn(await entered(invited, name, password)));
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
