import { Button, Text } from '@mantine/core';

import type { Delivery, RecordDetail } from '../../../api.ts';
import { useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Empty, FailureNote, Problem } from '../../parts/notes.tsx';
import { FileName, Section, Tag } from '../../parts/shapes.tsx';
import { useRights } from '../../session.tsx';

const toneOfState = { pending: 'plain', delivered: 'good', 'set-aside': 'bad' } as const;

export function DeliveryCard({
  record,
  reload,
}: {
  readonly record: RecordDetail;
  readonly reload: () => void;
}) {
  const { delivery: words } = useWords();
  const { administers } = useRights();
  const retry = useDeed(async () => {
    await ask('POST /records/:id/retry', { params: { id: record.id } });
    reload();
  });
  const isSetAside = record.deliveries.some(({ state }) => state === 'set-aside');
  return (
    <Section
      title={words.title}
      aside={
        administers &&
        isSetAside && (
          <Button size="compact-xs" variant="default" loading={retry.busy} onClick={() => retry.run()}>
            {words.retry}
          </Button>
        )
      }
    >
      {retry.failure && <FailureNote failure={retry.failure} />}
      {record.deliveries.length === 0 && (
        <Empty title={words.none}>{record.file === null ? words.nothingToDeliver : words.noneWhy}</Empty>
      )}
      {record.deliveries.map((each) => (
        <OneDelivery key={each.target} delivery={each} />
      ))}
    </Section>
  );
}

function OneDelivery({ delivery }: { readonly delivery: Delivery }) {
  const { delivery: words } = useWords();
  const format = useFormat();
  return (
    <div className="note">
      <div>
        <strong>{delivery.target}</strong>{' '}
        <Tag tone={toneOfState[delivery.state]}>{words.states[delivery.state]}</Tag>
      </div>
      <Text size="sm">
        {delivery.delivered !== null && words.deliveredAt(format.dateTime(delivery.delivered))}
        {delivery.confirmed_by !== null && ` · ${words.confirmed[delivery.confirmed_by]}`}
        {delivery.due !== null && words.due(format.dateTime(delivery.due))}
        {delivery.removed !== null && ` · ${words.removed(format.dateTime(delivery.removed))}`}
      </Text>
      <Text size="xs" c="dimmed" className="mono">
        <FileName name={delivery.name} />
      </Text>
      {delivery.problem && <Problem problem={delivery.problem} />}
      {delivery.tries.length > 0 && (
        <details>
          <summary>{words.attempts(delivery.attempts)}</summary>
          <ol className="tries">
            {delivery.tries.map(({ at, ok, problem }) => (
              <li key={at}>
                {format.dateTime(at)} {ok ? words.ok : words.failed}
                {problem && <Problem problem={problem} />}
              </li>
            ))}
          </ol>
        </details>
      )}
    </div>
  );
}
