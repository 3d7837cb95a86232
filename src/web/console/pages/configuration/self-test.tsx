import { Button, Text } from '@mantine/core';

import type { SelfTest } from '../../../api.ts';
import { useAnswer, useDeed, useNow } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { usePageWords, useWording } from '../../forms/words.ts';
import { useFormat } from '../../language/language.tsx';
import { Answered, FailureNote, Problem } from '../../parts/notes.tsx';
import { Section, Tag } from '../../parts/shapes.tsx';
import { useRights } from '../../session.tsx';

/** A call of its own through announcement, recording and delivery, step by step. */
export function SelfTestCard() {
  const words = usePageWords();
  const { administers } = useRights();
  const now = useNow();
  const answer = useAnswer('GET /selftest', {});
  const begin = useDeed(async () => {
    await ask('POST /selftest', {});
    answer.reload();
  });
  const isRunning = (now.selfTest ?? answer.data)?.running === true;
  return (
    <Section
      title={words.selfTest}
      aside={
        administers && (
          <Button size="xs" variant="default" loading={begin.busy || isRunning} onClick={() => begin.run()}>
            {words.selfTestBegin}
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed">
        {words.selfTestHelp}
      </Text>
      {begin.failure && <FailureNote failure={begin.failure} />}
      <Answered answer={answer}>{(data) => <Steps test={now.selfTest ?? data} />}</Answered>
    </Section>
  );
}

function Steps({ test }: { readonly test: SelfTest }) {
  const words = usePageWords();
  const wording = useWording();
  const format = useFormat();
  const { result, running } = test;
  if (!result) return running ? <Text size="sm">{words.selfTestRuns}</Text> : null;
  return (
    <div role="status">
      <Text size="sm" my="xs">
        {running ? (
          words.selfTestRuns
        ) : (
          <>
            <Tag tone={result.ok ? 'good' : 'bad'}>{result.ok ? words.passed : words.failed}</Tag>{' '}
            {format.dateTime(result.at)}
          </>
        )}
      </Text>
      <ul className="plain-list">
        {result.steps.map((step, index) => (
          <li key={index}>
            <Tag tone={({ ok: 'good', failed: 'bad', skipped: 'plain' } as const)[step.state]}>
              {words.stepStates[step.state]}
            </Tag>{' '}
            <Text span size="sm">
              {words.steps[step.name] ?? step.name}
              {[step.group, step.target, step.prompt]
                .filter((each) => each !== null)
                .map((each) => ` · ${each}`)
                .join('')}
              {step.state === 'skipped' ? '' : ` (${format.number(step.ms)} ms)`}
            </Text>
            {step.problem && <Problem problem={step.problem} />}
            {step.reason !== null && (
              <Text size="xs" c="dimmed">
                {wording.said(step.reason)}
              </Text>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
