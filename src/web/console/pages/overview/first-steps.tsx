import { Anchor, Button, CopyButton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';

import { useAnswer, useHappening, useNow } from '../../connection/answers.ts';
import { listAt, sectionAt } from '../../forms/changes.ts';
import { usePageWords } from '../../forms/words.ts';
import { useWords } from '../../language/language.tsx';
import { Section, Tag } from '../../parts/shapes.tsx';
import { asteriskLines, dialplanLines } from './dialplan-lines.ts';

/** What is missing for the first recorded and delivered call, and where it is set; nothing once there was one. */
export default function FirstSteps({
  asterisk,
  hasCalls,
  hasDelivered,
}: {
  readonly asterisk: { readonly ami: boolean; readonly ari: boolean };
  readonly hasCalls: boolean;
  /** Ever. */
  readonly hasDelivered: boolean;
}) {
  // Later a connection that is lost is an alarm, not a beginning.
  return hasDelivered ? null : <Steps asterisk={asterisk} hasCalls={hasCalls} />;
}

function Steps({
  asterisk,
  hasCalls,
}: {
  readonly asterisk: { readonly ami: boolean; readonly ari: boolean };
  readonly hasCalls: boolean;
}) {
  const words = usePageWords();
  const now = useNow();
  const answer = useAnswer('GET /configuration', {});
  const gate = useAnswer('GET /gate', {});
  useHappening('record', () => gate.reload());
  if (!answer.data) return null;
  const values = answer.data.values;
  const hasTarget = Object.keys(sectionAt(values, ['targets']) ?? {}).length > 0;
  const hasGroup = listAt(values, ['groups']).length > 0;
  const { ami, ari } = now.asterisk ?? asterisk;
  const isLed = (gate.data?.hours.length ?? 0) > 0;
  return (
    <Section title={words.firstSteps} wide>
      <Text size="sm" c="dimmed">
        {words.firstStepsHelp}
      </Text>
      <ol className="steps">
        <Step done={ami && ari} to="/system" name={words.stepAsterisk} help={words.stepAsteriskHelp}>
          <details>
            <summary>{words.stepAsteriskLines}</summary>
            <Lines label={words.stepAsteriskLines} text={asteriskLines} />
          </details>
        </Step>
        <Step done={isLed} name={words.stepDialplan} help={words.stepDialplanHelp}>
          <Lines label={words.stepDialplan} text={dialplanLines} />
        </Step>
        <Step done={hasTarget} to="/upload" name={words.stepTarget} help={words.stepTargetHelp} />
        <Step done={hasGroup} to="/groups" name={words.stepGroup} help={words.stepGroupHelp} />
        <Step
          done={false}
          to="/system"
          name={words.stepCall}
          help={hasCalls ? words.stepCallDelivery : words.stepCallHelp}
        />
      </ol>
    </Section>
  );
}

function Step({
  done,
  to,
  name,
  help,
  children,
}: {
  readonly done: boolean;
  /** Where it is set, if that is on a page. */
  readonly to?: string;
  readonly name: string;
  readonly help: string;
  readonly children?: ReactNode;
}) {
  const words = usePageWords();
  return (
    <li>
      {to === undefined ? (
        <Text span fw={600} size="sm">
          {name}
        </Text>
      ) : (
        <Anchor component={Link} href={to} fw={600} size="sm">
          {name}
        </Anchor>
      )}{' '}
      <Tag tone={done ? 'good' : 'warn'}>{done ? words.done : words.todo}</Tag>
      <Text size="sm" c="dimmed">
        {help}
      </Text>
      {!done && children}
    </li>
  );
}

function Lines({ label, text }: { readonly label: string; readonly text: string }) {
  const { users } = useWords();
  return (
    <>
      <pre className="code" tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
      {/* Browsers let only encrypted pages copy. */}
      {window.isSecureContext && (
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? users.copied : users.copy}
            </Button>
          )}
        </CopyButton>
      )}
    </>
  );
}
