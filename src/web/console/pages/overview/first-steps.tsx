import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';

import { useAnswer, useNow } from '../../connection/answers.ts';
import { listAt, sectionAt } from '../../forms/changes.ts';
import { usePageWords } from '../../forms/words.ts';
import { Section, Tag } from '../../parts/shapes.tsx';

/** What is missing for the first recorded and delivered call, and where it is set; nothing when it all is there. */
export default function FirstSteps({
  asterisk,
  hasCalls,
}: {
  readonly asterisk: { readonly ami: boolean; readonly ari: boolean };
  readonly hasCalls: boolean;
}) {
  const words = usePageWords();
  const now = useNow();
  const answer = useAnswer('GET /configuration', {});
  if (!answer.data) return null;
  const values = answer.data.values;
  const hasTarget = Object.keys(sectionAt(values, ['targets']) ?? {}).length > 0;
  const hasGroup = listAt(values, ['groups']).length > 0;
  const { ami, ari } = now.asterisk ?? asterisk;
  // Later a connection that is lost is an alarm, not a beginning.
  if (hasTarget && hasGroup && (hasCalls || (ami && ari))) return null;
  const steps = [
    { done: ami && ari, to: '/system', name: words.stepAsterisk, help: words.stepAsteriskHelp },
    { done: hasTarget, to: '/upload', name: words.stepTarget, help: words.stepTargetHelp },
    { done: hasGroup, to: '/groups', name: words.stepGroup, help: words.stepGroupHelp },
    { done: hasCalls, to: '/system', name: words.stepCall, help: words.stepCallHelp },
  ];
  return (
    <Section title={words.firstSteps} wide>
      <Text size="sm" c="dimmed">
        {words.firstStepsHelp}
      </Text>
      <ol className="steps">
        {steps.map(({ done, to, name, help }) => (
          <li key={name}>
            <Anchor component={Link} href={to} fw={600} size="sm">
              {name}
            </Anchor>{' '}
            <Tag tone={done ? 'good' : 'warn'}>{done ? words.done : words.todo}</Tag>
            <Text size="sm" c="dimmed">
              {help}
            </Text>
          </li>
        ))}
      </ol>
    </Section>
  );
}
