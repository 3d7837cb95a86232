import { Button, Group, Modal, Text } from '@mantine/core';
import { useState } from 'react';

import type { ResponseOf } from '../../../api.ts';
import { useAnswer, useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { ConfigurationPage } from '../../forms/configuration-page.tsx';
import { pageParts } from '../../forms/layouts.ts';
import { Parts } from '../../forms/parts.tsx';
import { usePageWords } from '../../forms/words.ts';
import { Answered, Detail, FailureNote } from '../../parts/notes.tsx';
import { Facts, Section } from '../../parts/shapes.tsx';
import { useFormat } from '../../language/language.tsx';
import { useRights } from '../../session.tsx';

type Report = ResponseOf<'POST /cleanup'>;

/** Recordings that Asterisk still holds open. */
export default function Cleanup() {
  const { administers } = useRights();
  return (
    <ConfigurationPage page="cleanup" above={administers && <ByHand />}>
      <Parts parts={pageParts.cleanup} />
    </ConfigurationPage>
  );
}

function ByHand() {
  const words = usePageWords();
  const preview = useAnswer('GET /cleanup', {});
  const [isConfirming, setConfirming] = useState(false);
  const [report, setReport] = useState<Report>();
  const run = useDeed(async (mode: 'stuck' | 'all') => {
    setReport(undefined);
    const live_calls = preview.data?.live_calls ?? 0;
    try {
      setReport(await ask('POST /cleanup', { body: mode === 'all' ? { mode, live_calls } : { mode } }));
    } finally {
      setConfirming(false);
      preview.reload();
    }
  });
  return (
    <Section title={words.cleanupNow}>
      <Answered answer={preview}>
        {({ live_calls, running }) => (
          <>
            <Text size="sm" mb="sm">
              {words.cleanupPreview(live_calls, running)}
            </Text>
            {run.failure && <FailureNote failure={run.failure} />}
            <Group gap="xs">
              <Button loading={run.busy && !isConfirming} onClick={() => run.run('stuck')}>
                {words.endStuck}
              </Button>
              <Button
                variant="default"
                onClick={() => {
                  preview.reload();
                  setConfirming(true);
                }}
              >
                {words.endAll}
              </Button>
            </Group>
            <Text size="sm" c="dimmed" mt="xs">
              {words.endStuckHelp}
            </Text>
            <Modal opened={isConfirming} onClose={() => setConfirming(false)} title={words.endAllTitle}>
              <Text size="sm">{words.endAllQuestion(live_calls, running)}</Text>
              <Group justify="flex-end" mt="md">
                <Button variant="default" onClick={() => setConfirming(false)}>
                  {words.cancel}
                </Button>
                <Button color="red" loading={run.busy} onClick={() => run.run('all')}>
                  {words.endAllYes(running)}
                </Button>
              </Group>
            </Modal>
          </>
        )}
      </Answered>
      {report && <Done report={report} />}
    </Section>
  );
}

function Done({ report }: { readonly report: Report }) {
  const words = usePageWords();
  const format = useFormat();
  const count = (value: number) => format.number(value);
  return (
    <div role="status" className="test-result">
      <Text fw={600} size="sm">
        {report.moved + report.discarded + report.orphans === 0 ? words.nothingStuck : words.cleaned}
      </Text>
      <Facts
        rows={[
          [words.cleanedEnded, count(report.ended)],
          [words.cleanedMoved, count(report.moved)],
          [words.cleanedOrphans, count(report.orphans)],
          [words.cleanedDiscarded, count(report.discarded)],
        ]}
      />
      {report.left.map(({ file, reason }) => (
        <div className="problem" key={file}>
          {file}
          <Detail>{reason}</Detail>
        </div>
      ))}
    </div>
  );
}
