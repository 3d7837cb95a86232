import { Anchor, Group } from '@mantine/core';
import { Link } from 'wouter';

import type { RecordDetail } from '../../../api.ts';
import { useAnswer, useHappening } from '../../connection/answers.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Answered, Empty } from '../../parts/notes.tsx';
import { OutcomeTag, useRule } from '../../parts/outcome.tsx';
import { DirectionMark, Facts, FileName, Page, Party, Section } from '../../parts/shapes.tsx';
import { ConsentCard } from './consent.tsx';
import { DeliveryCard } from './deliveries.tsx';
import { HoldCard } from './hold.tsx';
import { IntegrityCard } from './integrity.tsx';
import { NoteCard } from './note-list.tsx';
import { Player } from './player.tsx';
import { SegmentCard } from './segments.tsx';

/** One line of the list with all that is known of it. */
export default function Recording({ id }: { readonly id: string }) {
  const { recording: words } = useWords();
  const answer = useAnswer('GET /records/:id', { params: { id } });
  useHappening('record-changed', (changed) => {
    if (changed.id === id) answer.reload();
  });
  return (
    <Page
      title={words.title}
      aside={
        <Anchor component={Link} href="/recordings" size="sm">
          <Group gap={2}>
            <Icon name="back" size={15} />
            {words.back}
          </Group>
        </Anchor>
      }
    >
      <Answered answer={answer}>{(record) => <Detail record={record} reload={answer.reload} />}</Answered>
    </Page>
  );
}

function Detail({ record, reload }: { readonly record: RecordDetail; readonly reload: () => void }) {
  const { recording: words } = useWords();
  return (
    <div className="cards">
      <Section title={words.call} wide>
        <Head record={record} />
      </Section>
      <Section title={words.audio} wide>
        {record.audio === 'none' ? (
          <Empty title={words.noAudio}>
            {record.outcome === 'recorded' ? words.noAudioLeft : words.noAudioWhy}
          </Empty>
        ) : (
          <Player record={record} />
        )}
      </Section>
      <ConsentCard record={record} />
      <IntegrityCard record={record} />
      <DeliveryCard record={record} reload={reload} />
      <NoteCard record={record} reload={reload} />
      <HoldCard record={record} reload={reload} />
      <SegmentCard record={record} />
    </div>
  );
}

function Head({ record }: { readonly record: RecordDetail }) {
  const { recording: words, recordings, directions } = useWords();
  const format = useFormat();
  const ruleIn = useRule();
  return (
    <Facts
      rows={[
        [
          words.parties,
          <span key="parties">
            <DirectionMark direction={record.direction} /> <Party number={record.from} /> →{' '}
            <Party number={record.to} />
          </span>,
        ],
        record.from_name === null ? undefined : [words.callerName, <bdi key="name">{record.from_name}</bdi>],
        [recordings.start, format.dateTime(record.start)],
        [recordings.duration, record.talk_ms === 0 ? words.noTalk : format.duration(record.talk_ms)],
        [recordings.group, `${record.group} · ${directions[record.direction]}`],
        [
          recordings.outcome,
          <span key="outcome">
            <OutcomeTag outcome={record.outcome} /> {ruleIn(record.rule)}
          </span>,
        ],
        record.file === null ? undefined : [words.file, <FileName key="file" name={record.file} />],
        [
          words.id,
          <span key="id" className="mono">
            {record.id}
          </span>,
        ],
      ]}
    />
  );
}
