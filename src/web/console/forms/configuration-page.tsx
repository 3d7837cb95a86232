import './forms.css';

import { Alert, Button, Group, Text } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';

import type { Configuration } from '../../api.ts';
import { addressOf } from '../connection/client.ts';
import { Icon } from '../parts/icons.tsx';
import { Detail, FailureNote, Waiting } from '../parts/notes.tsx';
import { Page } from '../parts/shapes.tsx';
import { useMe, useRights } from '../session.tsx';
import { draft, useDraft } from './draft.ts';
import { SaveBar } from './save-bar.tsx';
import { usePlaceName } from './places.ts';
import { usePageWords } from './words.ts';
import { pagePaths, type PageName } from './layouts.ts';

/** A page of the configuration: what is in the file, what stands in the way, and saving. */
export function ConfigurationPage({
  page,
  above,
  children,
}: {
  readonly page: PageName;
  /** What is no part of the form: buttons that do something at once. */
  readonly above?: ReactNode;
  readonly children: ReactNode;
}) {
  const words = usePageWords();
  const { name } = useMe();
  const { administers } = useRights();
  const { base, schema, failure } = useDraft();
  useEffect(() => void draft.open(name), [name]);
  const { title, intro } = words.pages[page];
  return (
    <Page title={title} aside={administers && <ExportLink />}>
      <p className="page-intro">{intro}</p>
      {failure && <FailureNote failure={failure} retry={() => void draft.load()} />}
      <FileNotes />
      {above}
      {base && schema ? (
        // A form of its own kind: nothing is sent by Enter, everything by the bar below.
        <div className="settings" data-page={pagePaths[page]}>
          {children}
        </div>
      ) : (
        failure === undefined && <Waiting lines={10} />
      )}
      {administers && <SaveBar />}
    </Page>
  );
}

function ExportLink() {
  const words = usePageWords();
  return (
    <Button
      component="a"
      href={addressOf('GET /configuration/export', {})}
      download="mitschnitt.yaml"
      variant="default"
      size="xs"
      leftSection={<Icon name="download" size={15} />}
    >
      {words.exportYaml}
    </Button>
  );
}

/** What was just saved is taken over within moments; where another Asterisk is named, when no announcement is heard. */
const takenOverWithinMs = 35_000;
const noticedWithinMs = 2_000;

/** What is in the file is not what runs. */
function NotInForce({ base, isSaved }: { readonly base: Configuration; readonly isSaved: boolean }) {
  const words = usePageWords();
  const [isLasting, setLasting] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(true), isSaved ? takenOverWithinMs : noticedWithinMs);
    return () => clearTimeout(timer);
  }, [isSaved]);
  const problem = base.not_taken_over;
  if (problem === null && !isLasting) return null;
  return (
    <Alert
      color="yellow"
      icon={<Icon name="warning" />}
      title={problem === null ? words.differsFromRunning : words.notTakenOver}
      role="status"
      mb="md"
    >
      <Text size="sm">{problem === null ? words.differsFromRunningHelp : words.notTakenOverHelp}</Text>
      <Detail>{problem ?? ''}</Detail>
    </Alert>
  );
}

/** What holds for the file as a whole. */
function FileNotes() {
  const words = usePageWords();
  const { administers } = useRights();
  const { base, conflict, lost, saved } = useDraft();
  const placeName = usePlaceName();
  if (!base) return null;
  return (
    <>
      {!administers && <p className="page-intro">{words.readOnly}</p>}
      {administers && !base.writable && (
        <Alert color="yellow" icon={<Icon name="lock" />} title={words.notWritable} mb="md">
          <Text size="sm">{words.notWritableHelp(base.path)}</Text>
        </Alert>
      )}
      {base.differs_from_running && saved?.takes_effect !== 'restart' && (
        <NotInForce base={base} isSaved={saved !== undefined} />
      )}
      {conflict && (
        <Alert color="yellow" icon={<Icon name="warning" />} title={words.conflict} role="alert" mb="md">
          <Text size="sm">{words.conflictHelp}</Text>
          <Group gap="xs" mt="xs">
            <Button size="xs" onClick={() => void draft.load()}>
              {words.conflictKeep}
            </Button>
            <Button size="xs" variant="default" onClick={() => draft.discard()}>
              {words.conflictDrop}
            </Button>
          </Group>
        </Alert>
      )}
      {lost.length > 0 && (
        <Alert
          color="yellow"
          icon={<Icon name="warning" />}
          title={words.lostChanges}
          role="alert"
          mb="md"
          withCloseButton
          closeButtonLabel={words.close}
          onClose={() => draft.forgetLost()}
        >
          <Text size="sm">{words.lostChangesHelp}</Text>
          <ul>
            {lost.map(({ at, values }, index) => (
              <li key={index}>{placeName(at, values) || at.join('.')}</li>
            ))}
          </ul>
        </Alert>
      )}
    </>
  );
}
