import { Button, Group, Text } from '@mantine/core';

import type { TargetState } from '../../../api.ts';
import { useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Empty, FailureNote, Problem } from '../../parts/notes.tsx';
import { Tag } from '../../parts/shapes.tsx';
import { useRights } from '../../session.tsx';

/** Green: the last check went well, and nothing failed after it. */
function isWell({ check, last_error }: TargetState): boolean | undefined {
  if (!check) return last_error ? false : undefined;
  return check.ok && !(last_error && last_error.at > check.at);
}

export function Targets({ targets }: { readonly targets: readonly TargetState[] }) {
  const { overview: words } = useWords();
  const { administers } = useRights();
  const deliver = useDeed(async () => {
    await ask('POST /upload', {});
  });
  const again = useDeed(async () => {
    await ask('POST /retry', {});
  });
  if (targets.length === 0) return <Empty title={words.noTargets}>{words.noTargetsWhy}</Empty>;
  const failure = deliver.failure ?? again.failure;
  const aside = targets.some(({ set_aside }) => set_aside > 0);
  return (
    <>
      {failure && <FailureNote failure={failure} />}
      <table className="list stack">
        <caption>{words.targets}</caption>
        <thead>
          <tr>
            <th>{words.target.name}</th>
            <th>{words.target.connection}</th>
            <th>{words.target.activity}</th>
            <th className="right">{words.target.pending}</th>
            <th className="right">{words.target.setAside}</th>
            <th className="right">{words.target.delivered}</th>
            <th>{words.target.lastSuccess}</th>
          </tr>
        </thead>
        <tbody>
          {targets.map((target) => (
            <TargetRow key={target.name} target={target} />
          ))}
        </tbody>
      </table>
      {administers && (
        <Group gap="xs" mt="sm">
          <Button size="xs" variant="default" loading={deliver.busy} onClick={() => deliver.run()}>
            {words.deliverNow}
          </Button>
          {aside && (
            <Button size="xs" variant="default" loading={again.busy} onClick={() => again.run()}>
              {words.retryAll}
            </Button>
          )}
        </Group>
      )}
    </>
  );
}

function TargetRow({ target }: { readonly target: TargetState }) {
  const words = useWords();
  const format = useFormat();
  const well = isWell(target);
  const problem = target.check?.problem ?? (well === false ? target.last_error : null);
  const { target: names } = words.overview;
  return (
    <tr>
      <td className="whole">
        <Text fw={600} size="sm">
          {target.name}
        </Text>
        <Text size="xs" c="dimmed">
          {words.kinds[target.kind] ?? target.kind}
        </Text>
      </td>
      <td className="whole">
        <Tag tone={well === undefined ? 'plain' : well ? 'good' : 'bad'}>
          {well === undefined ? names.notChecked : well ? names.well : names.disturbed}
        </Tag>
        {target.check && (
          <Text size="xs" c="dimmed">
            {names.checked(format.time(target.check.at), format.number(target.check.ms))}
          </Text>
        )}
        {problem && <Problem problem={problem} />}
      </td>
      <td data-name={names.activity}>
        {target.state === null ? '–' : names.states[target.state]}
        {target.bytes_per_second !== null && target.bytes_per_second > 0 && (
          <Text size="xs" c="dimmed">
            {format.bytes(target.bytes_per_second)}/s
          </Text>
        )}
        {target.next_attempt !== null && (
          <Text size="xs" c="dimmed">
            {names.next(format.time(target.next_attempt))}
          </Text>
        )}
      </td>
      <td className="right" data-name={names.pending}>
        {format.number(target.pending)}
        {target.pending > 0 && (
          <Text size="xs" c="dimmed">
            {format.bytes(target.pending_bytes)}
          </Text>
        )}
      </td>
      <td className="right" data-name={names.setAside}>
        {target.set_aside > 0 ? <Tag tone="bad">{format.number(target.set_aside)}</Tag> : 0}
      </td>
      <td className="right" data-name={names.delivered}>
        {format.number(target.delivered)}
      </td>
      <td className="nowrap whole" data-name={names.lastSuccess}>
        {target.last_success === null ? '–' : format.dateTime(target.last_success)}
      </td>
    </tr>
  );
}
