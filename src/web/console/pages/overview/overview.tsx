import { Text } from '@mantine/core';
import { lazy, Suspense } from 'react';

import type { EventData, ResponseOf } from '../../../api.ts';
import { useAnswer, useHappening, useNow, useSoon } from '../../connection/answers.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Answered, Detail } from '../../parts/notes.tsx';
import { Page, Section, Tag } from '../../parts/shapes.tsx';
import { useRights } from '../../session.tsx';
import { AlarmList } from './alarms.tsx';
import { Deliveries } from './deliveries.tsx';
import { GateTimes } from './gate.tsx';
import { LiveCalls } from './live-calls.tsx';
import { Missing } from './missing.tsx';
import { Storage } from './storage.tsx';
import { Targets } from './targets.tsx';
import { Today } from './today.tsx';

const FirstSteps = lazy(() => import('./first-steps.tsx'));

type OverviewData = ResponseOf<'GET /overview'>;

/** Many calls that end at once are counted once. */
const countAgainAfterMs = 1_000;
/** It costs more, and the server keeps its last answer for 3 s. */
const compareAgainAfterMs = 4_000;

/** What happens now, all live. */
export default function Overview() {
  const words = useWords();
  const answer = useAnswer('GET /overview', {});
  return (
    <Page title={words.pages.overview}>
      <Answered answer={answer}>{(data) => <Now data={data} />}</Answered>
    </Page>
  );
}

function Now({ data }: { readonly data: OverviewData }) {
  const words = useWords();
  const now = useNow();
  const { administers, oversees } = useRights();
  const today = useAnswer('GET /outcomes', {});
  const completeness = useAnswer('GET /completeness', {});
  const countSoon = useSoon(countAgainAfterMs, today.reload);
  const compareSoon = useSoon(compareAgainAfterMs, completeness.reload);
  useHappening('record', () => {
    countSoon();
    compareSoon();
  });
  const storage = now.storage ?? data.storage;
  const targets = now.targets ?? data.targets;
  const alarms = now.alarms ?? data.alarms;
  return (
    <div className="cards">
      {administers && (
        <Suspense>
          <FirstSteps
            asterisk={data.asterisk}
            hasCalls={Object.values((today.data ?? data.today).totals).some((count) => count > 0)}
            hasDelivered={targets?.some(({ delivered }) => delivered > 0) ?? false}
          />
        </Suspense>
      )}
      {alarms.length > 0 && (
        <Section title={words.overview.alarms} wide>
          <AlarmList alarms={alarms} />
        </Section>
      )}
      <Section title={words.overview.liveCalls} wide>
        <LiveCalls calls={now.calls ?? data.calls} />
      </Section>
      <Section title={words.overview.today} wide>
        <Today outcomes={today.data ?? data.today} />
      </Section>
      <Section title={words.overview.state}>
        <State
          data={data}
          asterisk={now.asterisk ?? data.asterisk}
          completeness={completeness.data}
          alarms={alarms.length}
        />
      </Section>
      {storage && (
        <Section title={words.overview.storage}>
          <Storage now={storage} />
        </Section>
      )}
      {targets && (
        <Section title={words.overview.targets} wide>
          <Targets targets={targets} />
        </Section>
      )}
      {targets && targets.length > 0 && (
        <Section title={words.overview.deliveries}>
          <Deliveries targets={targets} />
        </Section>
      )}
      {oversees && (
        <Section title={words.overview.gate}>
          <GateTimes />
        </Section>
      )}
    </div>
  );
}

function State({
  data,
  asterisk,
  completeness,
  alarms,
}: {
  readonly data: OverviewData;
  readonly asterisk: EventData<'asterisk'>;
  readonly completeness: ResponseOf<'GET /completeness'> | undefined;
  readonly alarms: number;
}) {
  const { overview: words } = useWords();
  const format = useFormat();
  const link = (stands: boolean) => (
    <Tag tone={stands ? 'good' : 'bad'}>{stands ? words.connected : words.notConnected}</Tag>
  );
  return (
    <div className="facts" role="list">
      <Row name={words.ami} help={words.amiHelp} value={link(asterisk.ami)} />
      <Row name={words.ari} help={words.ariHelp} value={link(asterisk.ari)} />
      {asterisk.version !== null && <Row name={words.asteriskVersion} value={asterisk.version} />}
      {completeness && (
        <Row
          name={words.completeness}
          help={completeness.has_account ? words.comparedWithAccount : words.comparedWithEvents}
          value={<Completeness data={completeness} />}
        >
          <Missing data={completeness} />
        </Row>
      )}
      <Row
        name={words.alarms}
        value={<Tag tone={alarms === 0 ? 'good' : 'bad'}>{words.alarmCount(alarms)}</Tag>}
      />
      {data.selftest && (
        <Row
          name={words.selfTest}
          help={
            <>
              {format.dateTime(data.selftest.at)}
              <Detail>{data.selftest.problem ?? ''}</Detail>
            </>
          }
          value={
            <Tag tone={data.selftest.ok ? 'good' : 'bad'}>
              {data.selftest.ok ? words.passed : words.failed}
            </Tag>
          }
        />
      )}
      <Row name={words.runningSince} value={format.dateTime(data.started)} />
    </div>
  );
}

function Row({
  name,
  help,
  value,
  children,
}: {
  readonly name: string;
  readonly help?: React.ReactNode;
  readonly value: React.ReactNode;
  readonly children?: React.ReactNode;
}) {
  return (
    <div role="listitem">
      <span>
        {name}
        {help !== undefined && (
          <Text size="xs" c="dimmed" component="div">
            {help}
          </Text>
        )}
      </span>
      <span>{value}</span>
      {children !== undefined && <div className="more">{children}</div>}
    </div>
  );
}

function Completeness({ data }: { readonly data: ResponseOf<'GET /completeness'> }) {
  const { overview: words } = useWords();
  const format = useFormat();
  const count = words.recordedOf(format.number(data.recorded), format.number(data.to_record));
  if (data.gaps.length > 0)
    return (
      <>
        <Tag tone="bad">{words.gaps(data.gaps.length)}</Tag> {count}
      </>
    );
  if (data.complete === null) return <Tag tone="plain">{words.notCompared}</Tag>;
  return (
    <>
      <Tag tone={data.complete ? 'good' : data.has_account ? 'warn' : 'plain'}>
        {data.complete ? words.complete : words.unproven}
      </Tag>{' '}
      {count}
    </>
  );
}
