import { Button, Text } from '@mantine/core';

import { ask } from '../../connection/client.ts';
import { isWithin, listAt, textAt, type Path } from '../../forms/changes.ts';
import { ConfigurationPage } from '../../forms/configuration-page.tsx';
import { useDraft } from '../../forms/draft.ts';
import { pageParts } from '../../forms/layouts.ts';
import { Parts } from '../../forms/parts.tsx';
import { usePageWords } from '../../forms/words.ts';
import { FailureNote } from '../../parts/notes.tsx';
import { Section } from '../../parts/shapes.tsx';
import { useRights } from '../../session.tsx';
import { draftWithin, useTest } from './target-list.tsx';
import { TestResult } from './test-result.tsx';

/** Who is told when something stands in the way. */
export default function Alarms() {
  const words = usePageWords();
  const { administers } = useRights();
  return (
    <ConfigurationPage page="alarms">
      <Parts parts={pageParts.alarms} />
      {administers && (
        <Section title={words.tests}>
          <Text size="sm" c="dimmed" mb="sm">
            {words.testsHelp}
          </Text>
          <ChannelTest channel="email" places={[['alarms'], ['smtp']]} />
          <ChannelTest channel="webhook" places={[['alarms']]} />
        </Section>
      )}
    </ConfigurationPage>
  );
}

function ChannelTest({
  channel,
  places,
}: {
  readonly channel: 'email' | 'webhook';
  readonly places: readonly Path[];
}) {
  const words = usePageWords();
  const { base, changes, values, faults } = useDraft();
  const typed = draftWithin(base, changes, places);
  const test = useTest(() => ask('POST /alarms/test', { body: { channel, ...typed } }));
  const isSet =
    channel === 'email'
      ? listAt(values, ['alarms', 'email']).length > 0
      : textAt(values, ['alarms', 'webhook']) !== '';
  const isWrong = faults.some(({ at }) => places.some((place) => isWithin(at, place)));
  return (
    <div className="test-row">
      <Button variant="default" disabled={!isSet || isWrong} loading={test.busy} onClick={() => test.run()}>
        {words.channelTests[channel]}
      </Button>
      <Text size="sm" c="dimmed">
        {!isSet
          ? words.channelUnset[channel]
          : isWrong
            ? words.correctFirst
            : typed.draft
              ? words.testTypedHelp
              : ''}
      </Text>
      {test.failure && <FailureNote failure={test.failure} />}
      {test.result && !test.busy && <TestResult result={test.result} good={words.sent} />}
    </div>
  );
}
