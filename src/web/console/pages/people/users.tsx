import { Button, Group, Menu, Text } from '@mantine/core';
import { useState } from 'react';

import type { ResponseOf, User } from '../../../api.ts';
import { useAnswer, useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { useClock } from '../../parts/clock.ts';
import { Icon } from '../../parts/icons.tsx';
import { Answered, Empty, FailureNote } from '../../parts/notes.tsx';
import { personOf } from '../../parts/person.ts';
import { Page, Tag } from '../../parts/shapes.tsx';
import { useMe } from '../../session.tsx';
import { Question } from './question.tsx';
import { GroupNames } from './rights-fields.tsx';
import { SecretNote } from './secret.tsx';
import { Tokens } from './tokens.tsx';
import { AddUser, EditUser, GivePassword } from './user-form.tsx';

type Doing = 'edit' | 'password' | 'disable' | 'remove';
type Link = ResponseOf<'POST /users/:name/link'> & { readonly name: string };

/** Who may use the console, and which programs. */
export default function Users() {
  const { users: words } = useWords();
  const format = useFormat();
  const answer = useAnswer('GET /users', {});
  const [isAdding, setAdding] = useState(false);
  const [doing, setDoing] = useState<{ readonly what: Doing; readonly user: User }>();
  const [link, setLink] = useState<Link>();
  const makeLink = useDeed(async (name: string) => {
    setLink({ name, ...(await ask('POST /users/:name/link', { params: { name } })) });
    answer.reload();
  });
  const enable = useDeed(async (name: string) => {
    await ask('PATCH /users/:name', { params: { name }, body: { disabled: false } });
    answer.reload();
  });
  const failure = makeLink.failure ?? enable.failure;
  const act = (what: Doing | 'link' | 'enable', user: User): void => {
    if (what === 'link') makeLink.run(user.name);
    else if (what === 'enable') enable.run(user.name);
    else setDoing({ what, user });
  };
  const done = (): void => {
    setDoing(undefined);
    answer.reload();
  };
  return (
    <Page title={words.title} aside={<Button onClick={() => setAdding(true)}>{words.add}</Button>}>
      <section className="card">
        {failure && <FailureNote failure={failure} />}
        <Answered answer={answer}>{({ users }) => <UserTable users={users} act={act} />}</Answered>
      </section>
      <Tokens />
      {isAdding && (
        <AddUser
          onClose={() => setAdding(false)}
          onAdded={(name, entry) => {
            setAdding(false);
            answer.reload();
            if (entry === 'link') makeLink.run(name);
          }}
        />
      )}
      {doing && <Deed doing={doing} onDone={done} />}
      {link && (
        <SecretNote
          title={words.linkTitle(link.name)}
          label={words.makeLink}
          help={words.linkHelp}
          below={words.linkExpires(format.dateTime(link.expires))}
          secret={addressOfLink(link)}
          onDone={() => setLink(undefined)}
        />
      )}
    </Page>
  );
}

/** At the address at which this page was opened: the server itself may be behind a proxy. */
function addressOfLink({ name, token }: Link): string {
  return `${window.location.origin}/#/link/${encodeURIComponent(name)}/${token}`;
}

function Deed({
  doing: { what, user },
  onDone,
}: {
  readonly doing: { readonly what: Doing; readonly user: User };
  readonly onDone: () => void;
}) {
  const { users: words } = useWords();
  const params = { name: user.name };
  if (what === 'edit') return <EditUser user={user} onDone={onDone} />;
  if (what === 'password') return <GivePassword user={user} onDone={onDone} />;
  if (what === 'disable')
    return (
      <Question
        title={words.disableTitle(user.name)}
        question={words.disableQuestion}
        yes={words.disable}
        act={() => ask('PATCH /users/:name', { params, body: { disabled: true } })}
        onDone={onDone}
      />
    );
  return (
    <Question
      title={words.removeTitle(user.name)}
      question={user.sign_in === 'oidc' ? words.removeOidcQuestion : words.removeQuestion}
      yes={words.remove}
      act={() => ask('DELETE /users/:name', { params })}
      onDone={onDone}
    />
  );
}

type Act = (what: Doing | 'link' | 'enable', user: User) => void;

function UserTable({ users, act }: { readonly users: readonly User[]; readonly act: Act }) {
  const { users: words } = useWords();
  if (users.length === 0) return <Empty title={words.none} />;
  return (
    <table className="list stack">
      <caption>{words.title}</caption>
      <thead>
        <tr>
          <th>{words.name}</th>
          <th>{words.role}</th>
          <th>{words.groups}</th>
          <th>{words.state}</th>
          <th>{words.lastSignIn}</th>
          <th>{words.actions}</th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <UserRow key={user.name} user={user} act={act} />
        ))}
      </tbody>
    </table>
  );
}

function UserRow({ user, act }: { readonly user: User; readonly act: Act }) {
  const { users: words, roles } = useWords();
  const format = useFormat();
  const me = useMe();
  return (
    <tr>
      <td className="whole">
        <Group gap={8}>
          <Text span size="sm" fw={600}>
            <bdi>{personOf(user.name)}</bdi>
          </Text>
          {user.sign_in === 'oidc' && <Tag tone="plain">{words.byOidc}</Tag>}
          {user.name === me.name && <Tag tone="plain">{words.you}</Tag>}
        </Group>
      </td>
      <td data-name={words.role}>{roles[user.role]}</td>
      <td data-name={words.groups}>
        <GroupNames role={user.role} groups={user.groups} />
      </td>
      <td className="whole">
        <UserState user={user} />
      </td>
      <td className="nowrap whole" data-name={words.lastSignIn}>
        {user.last_sign_in === null ? words.never : format.dateTime(user.last_sign_in)}
      </td>
      <td>
        <UserMenu user={user} isOwn={user.name === me.name} act={act} />
      </td>
    </tr>
  );
}

const everyMinuteMs = 60_000;

function UserState({ user }: { readonly user: User }) {
  const { users: words } = useWords();
  const format = useFormat();
  const now = useClock(everyMinuteMs);
  const { disabled, has_password, sessions, link_expires, sign_in } = user;
  const isLinkOver = link_expires !== null && new Date(link_expires).getTime() < now;
  return (
    <>
      {disabled ? (
        <Tag tone="bad">{words.disabled}</Tag>
      ) : sign_in === 'password' && !has_password ? (
        <Tag tone="warn">{words.noPassword}</Tag>
      ) : (
        <Tag tone={sessions > 0 ? 'good' : 'plain'}>
          {sessions > 0 ? words.signedIn(sessions) : words.signedOut}
        </Tag>
      )}
      {link_expires !== null && !disabled && (
        <Text size="xs" c="dimmed">
          {isLinkOver ? words.linkOver : words.linkUntil(format.dateTime(link_expires))}
        </Text>
      )}
    </>
  );
}

function UserMenu({ user, isOwn, act }: { readonly user: User; readonly isOwn: boolean; readonly act: Act }) {
  const { users: words } = useWords();
  return (
    <Menu position="bottom-end" width={210}>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          rightSection={<Icon name="down" size={13} />}
          aria-label={words.actionsFor(user.name)}
        >
          {words.actions}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {user.sign_in === 'oidc' ? (
          <Menu.Label>{words.byOidcHelp}</Menu.Label>
        ) : (
          <>
            <Menu.Item onClick={() => act('edit', user)}>{words.edit}</Menu.Item>
            <Menu.Item disabled={user.disabled} onClick={() => act('link', user)}>
              {words.makeLink}
            </Menu.Item>
            <Menu.Item onClick={() => act('password', user)}>{words.setPassword}</Menu.Item>
          </>
        )}
        <Menu.Divider />
        {/* Whoever locked himself out would have to ask somebody else. */}
        {user.disabled ? (
          <Menu.Item onClick={() => act('enable', user)}>{words.enable}</Menu.Item>
        ) : (
          <Menu.Item disabled={isOwn} onClick={() => act('disable', user)}>
            {words.disable}
          </Menu.Item>
        )}
        <Menu.Item disabled={isOwn} onClick={() => act('remove', user)}>
          {words.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
