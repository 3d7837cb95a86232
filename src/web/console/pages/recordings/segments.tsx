import { Anchor } from '@mantine/core';
import { Link } from 'wouter';

import type { RecordDetail, Segment } from '../../../api.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { OutcomeTag } from '../../parts/outcome.tsx';
import { Facts, Party, Section } from '../../parts/shapes.tsx';
import { actorIn } from './actor.ts';

/** Every stretch of the call, in its order, with what was done during it. */
export function SegmentCard({ record }: { readonly record: RecordDetail }) {
  const { segments: words } = useWords();
  const format = useFormat();
  const { call } = record;
  return (
    <Section title={words.title} wide>
      <Facts
        rows={[
          call.start === null ? undefined : [words.callStart, format.dateTime(call.start)],
          call.end === null ? undefined : [words.callEnd, format.dateTime(call.end)],
          call.destination === null
            ? undefined
            : [words.dialled, <Party key="d" number={call.destination} />],
        ]}
      />
      {record.segments.length > 0 && (
        <table className="list stack">
          <caption>{words.title}</caption>
          <thead>
            <tr>
              <th>{words.from}</th>
              <th>{words.until}</th>
              <th>{words.parties}</th>
              <th>{words.outcome}</th>
              <th>{words.during}</th>
            </tr>
          </thead>
          <tbody>
            {record.segments.map((segment) => (
              <SegmentRow key={segment.id} segment={segment} isThis={segment.id === record.id} />
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function SegmentRow({ segment, isThis }: { readonly segment: Segment; readonly isThis: boolean }) {
  const { segments: words, overview } = useWords();
  const format = useFormat();
  const start = segment.start === null ? '–' : format.time(segment.start);
  return (
    <tr>
      <td className="nowrap" data-name={words.from}>
        {isThis ? (
          <strong>{start}</strong>
        ) : (
          <Anchor component={Link} href={`/recordings/${encodeURIComponent(segment.id)}`} size="sm">
            {start}
          </Anchor>
        )}
      </td>
      <td className="nowrap" data-name={words.until}>
        {segment.end === null ? '–' : format.time(segment.end)}
        {!segment.end_observed && ` (${words.fromFile})`}
      </td>
      <td className="whole">
        <Party number={segment.from} /> → <Party number={segment.to} />
      </td>
      <td>
        <OutcomeTag outcome={segment.outcome} />
      </td>
      <td className="whole">
        {segment.controls.map(({ control, at, actor }, index) => (
          <div key={index}>
            {at === null ? '' : format.time(at)} {overview.controls[control]} · {actorIn(words.actors, actor)}
          </div>
        ))}
      </td>
    </tr>
  );
}
