import { AppShell, Burger, Group, NavLink, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';

import { useNow } from './connection/answers.ts';
import { useWords } from './language/language.tsx';
import { Icon, type IconName } from './parts/icons.tsx';
import { OwnMenu } from './own-menu.tsx';
import { useRights } from './session.tsx';

/** Header, navigation and the page. */
export function Frame({ children }: { readonly children: ReactNode }) {
  const words = useWords();
  const [opened, { toggle, close }] = useDisclosure();
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 240, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a className="skip" href="#content">
        {words.frame.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={words.frame.menu}
              aria-expanded={opened}
            />
            <Link href="/" className="brand">
              <img src="/icon.svg" alt="" width={24} height={24} />
              Mitschnitt
            </Link>
          </Group>
          <Group gap="md" wrap="nowrap">
            <LinkState />
            <OwnMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={words.frame.navigation}>
        <Navigation onGo={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        {children}
      </AppShell.Main>
    </AppShell>
  );
}

/** Whether what is seen is what is. */
function LinkState() {
  const words = useWords();
  const { link } = useNow();
  return (
    <span className={`link-state link-${link}`} role="status">
      <span className="link-dot" />
      <span className="link-word">{words.frame.links[link]}</span>
    </span>
  );
}

interface Place {
  readonly to: string;
  readonly icon: IconName;
  readonly name: string;
}

function Navigation({ onGo }: { readonly onGo: () => void }) {
  const { pages, audit, users } = useWords();
  const { alarms } = useNow();
  const [location] = useLocation();
  const { oversees, administers } = useRights();
  const places: readonly Place[] = [
    { to: '/', icon: 'overview', name: pages.overview },
    { to: '/recordings', icon: 'recordings', name: pages.recordings },
    { to: '/not-recorded', icon: 'missed', name: pages.notRecorded },
    ...(oversees ? configurationPlaces(pages) : []),
    ...(oversees ? [{ to: '/audit', icon: 'audit', name: audit.title } as const] : []),
    ...(administers ? [{ to: '/users', icon: 'users', name: users.title } as const] : []),
  ];
  return places.map(({ to, icon, name }) => {
    const isHere = to === '/' ? location === '/' : location.startsWith(to);
    return (
      <NavLink
        key={to}
        component={Link}
        href={to}
        label={name}
        active={isHere}
        aria-current={isHere ? 'page' : undefined}
        leftSection={<Icon name={icon} />}
        rightSection={
          to === '/' && alarms && alarms.length > 0 ? <AlarmCount count={alarms.length} /> : undefined
        }
        onClick={onGo}
      />
    );
  });
}

function configurationPlaces(pages: ReturnType<typeof useWords>['pages']): readonly Place[] {
  return [
    { to: '/groups', icon: 'group', name: pages.groups },
    { to: '/announcements', icon: 'announcement', name: pages.announcements },
    { to: '/upload', icon: 'upload', name: pages.upload },
    { to: '/report', icon: 'report', name: pages.report },
    { to: '/alarms', icon: 'alarm', name: pages.alarms },
    { to: '/clean-up', icon: 'cleanup', name: pages.cleanup },
    { to: '/storage', icon: 'storage', name: pages.storage },
    { to: '/system', icon: 'system', name: pages.system },
  ];
}

function AlarmCount({ count }: { readonly count: number }) {
  const words = useWords();
  return (
    <Text span className="count" aria-label={words.frame.alarmCount(count)} role="img">
      {count}
    </Text>
  );
}
