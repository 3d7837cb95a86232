import { Button } from '@mantine/core';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { Route, Switch, useLocation } from 'wouter';

import type { Me, ResponseOf } from '../api.ts';
import { asFailure, live, useHappening } from './connection/answers.ts';
import { ask, client, type RequestFailure } from './connection/client.ts';
import { invitationIn, watchInvitations } from './connection/invitation.ts';
import { Frame } from './frame.tsx';
import { FormatProvider, useSpeech, useWords } from './language/language.tsx';
import { Boundary } from './parts/boundary.tsx';
import { Empty, FailureNote, Waiting } from './parts/notes.tsx';
import { Page } from './parts/shapes.tsx';
import { placeBefore } from './connection/provider.ts';
import { SignIn, VoidLink } from './pages/sign-in.tsx';
import { MeProvider, useRights } from './session.tsx';

const Overview = lazy(() => import('./pages/overview/overview.tsx'));
const Recordings = lazy(() => import('./pages/recordings/recordings.tsx'));
const Recording = lazy(() => import('./pages/recordings/recording.tsx'));
const NotRecorded = lazy(() => import('./pages/recordings/not-recorded.tsx'));
const Groups = lazy(() => import('./pages/configuration/groups.tsx'));
const Announcements = lazy(() => import('./pages/configuration/announcements.tsx'));
const Upload = lazy(() => import('./pages/configuration/upload.tsx'));
const Report = lazy(() => import('./pages/configuration/report.tsx'));
const Alarms = lazy(() => import('./pages/configuration/alarms.tsx'));
const Cleanup = lazy(() => import('./pages/configuration/cleanup.tsx'));
const StoragePage = lazy(() => import('./pages/configuration/storage.tsx'));
const System = lazy(() => import('./pages/configuration/system.tsx'));
const Audit = lazy(() => import('./pages/people/audit.tsx'));
const Users = lazy(() => import('./pages/people/users.tsx'));

/** All of it: who is not signed in sees only the way in. */
export function Console() {
  const { language, words } = useSpeech();
  const [me, setMe] = useState<Me | 'nobody' | 'unknown'>('unknown');
  const [failure, setFailure] = useState<RequestFailure>();
  const { invited, wasVoid, answered } = useInvitation();
  const [left, setLeft] = useState<ResponseOf<'DELETE /session'>['provider']>(null);
  const [, go] = useLocation();
  const askWho = useCallback(() => {
    setFailure(undefined);
    const enter = (who: Me): void => {
      const former = placeBefore();
      if (former !== undefined) go(former, { replace: true });
      setMe(who);
    };
    ask('GET /session', {}).then(enter, (error: unknown) => {
      const { code } = asFailure(error);
      if (code === 'not-signed-in') setMe('nobody');
      else setFailure(asFailure(error));
    });
  }, [go]);
  useEffect(() => {
    client.onSignedOut = (from = null) => {
      setLeft(from);
      setMe('nobody');
    };
    askWho();
  }, [askWho]);
  const isIn = typeof me === 'object';
  useEffect(() => {
    if (!isIn) return;
    live.start();
    return () => live.stop();
  }, [isIn, language]);
  // Groups and the time zone are those of the configuration.
  useHappening('configuration', () => {
    ask('GET /session', {}).then(setMe, () => undefined);
  });
  if (failure)
    return (
      <main className="alone">
        <FailureNote failure={failure} retry={askWho} />
      </main>
    );
  if (me === 'unknown')
    return (
      <main className="alone">
        <Waiting />
      </main>
    );
  // Whoever opens a one-time link means it, also where somebody is signed in.
  if (me === 'nobody' || invited)
    return (
      <SignIn
        key={invited?.token}
        invited={invited}
        left={left}
        wasVoid={wasVoid}
        onIn={(who) => {
          answered(false);
          setMe(who);
        }}
        onVoid={() => {
          window.history.replaceState(null, '', '/');
          answered(true);
        }}
      />
    );
  // Whoever was signed in still is.
  if (wasVoid)
    return (
      <main className="alone">
        <VoidLink />
        <Button mt="md" onClick={() => answered(false)}>
          {words.link.goOn}
        </Button>
      </main>
    );
  return (
    <MeProvider value={me}>
      <FormatProvider zone={me.time_zone}>
        <Frame>
          <Suspense fallback={<Waiting lines={8} />}>
            <Pages />
          </Suspense>
        </Frame>
      </FormatProvider>
    </MeProvider>
  );
}

/** The one-time link that the page was opened by, or that was opened since, and whether the last one was void. */
function useInvitation() {
  const [invited, setInvited] = useState(() => invitationIn(window.location.hash));
  const [wasVoid, setVoid] = useState(false);
  useEffect(
    () =>
      watchInvitations(window, (opened) => {
        setVoid(false);
        setInvited(opened);
      }),
    [],
  );
  const answered = (isVoid: boolean): void => {
    setInvited(undefined);
    setVoid(isVoid);
  };
  return { invited, wasVoid, answered };
}

function Pages() {
  const { oversees, administers } = useRights();
  return (
    <Boundary>
      <Switch>
        <Route path="/" component={Overview} />
        <Route path="/recordings" component={Recordings} />
        <Route path="/recordings/:id">{({ id }) => <Recording key={id} id={id} />}</Route>
        <Route path="/not-recorded" component={NotRecorded} />
        {oversees && (
          <>
            <Route path="/groups" component={Groups} />
            <Route path="/announcements" component={Announcements} />
            <Route path="/upload" component={Upload} />
            <Route path="/report" component={Report} />
            <Route path="/alarms" component={Alarms} />
            <Route path="/clean-up" component={Cleanup} />
            <Route path="/storage" component={StoragePage} />
            <Route path="/system" component={System} />
            <Route path="/audit" component={Audit} />
          </>
        )}
        {administers && <Route path="/users" component={Users} />}
        <Route component={Nowhere} />
      </Switch>
    </Boundary>
  );
}

function Nowhere() {
  const { nowhere } = useWords();
  return (
    <Page title={nowhere.title}>
      <Empty title={nowhere.what}>{nowhere.remedy}</Empty>
    </Page>
  );
}
