import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';

import type { ResponseOf } from '../../../api.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { useRule } from '../../parts/outcome.tsx';
import { Party } from '../../parts/shapes.tsx';

type Completeness = ResponseOf<'GET /completeness'>;

/** The latest ones; whoever has more has another way to look at them. */
const mostShown = 50;

/** Which calls are missing, and when nobody watched: folded. */
export function Missing({ data }: { readonly data: Completeness }) {
  const { overview: words } = useWords();
  const format = useFormat();
  const { gaps, unwatched } = data;
  if (gaps.length === 0 && unwatched.length === 0) return null;
  return (
    <details>
      <summary>{words.showMissing}</summary>
      {gaps.length > 0 && (
        <>
          <ul className="missing">
            {gaps.slice(-mostShown).map((gap) => (
              <GapLine key={`${gap.start} ${gap.from} ${gap.to}`} gap={gap} />
            ))}
          </ul>
          {gaps.length > mostShown && (
            <Text size="xs" c="dimmed">
              {words.andMore(format.number(gaps.length - mostShown))}
            </Text>
          )}
          <Text size="sm">{words.gapRemedy}</Text>
        </>
      )}
      {unwatched.length > 0 && (
        <>
          <Text size="sm" fw={600} mt="xs">
            {words.unwatched}
          </Text>
          <ul className="missing">
            {unwatched.slice(-mostShown).map(({ from, to, reason }) => (
              <li key={`${from} ${reason}`}>
                {format.dateTime(from)} – {to === null ? words.goesOn : format.dateTime(to)}:{' '}
                {words.unwatchedReasons[reason] ?? reason}
              </li>
            ))}
          </ul>
          <Text size="sm">{words.unwatchedRemedy}</Text>
        </>
      )}
    </details>
  );
}

function GapLine({ gap }: { readonly gap: Completeness['gaps'][number] }) {
  const words = useWords();
  const format = useFormat();
  const ruleIn = useRule();
  const { name, start, from, to, group, id } = gap;
  const rule = name.slice(name.indexOf('/') + 1);
  const why = words.overview.gapNames[name] ?? ruleIn(rule);
  return (
    <li>
      {id === null ? (
        format.dateTime(start)
      ) : (
        <Anchor component={Link} href={`/recordings/${encodeURIComponent(id)}`} size="sm">
          {format.dateTime(start)}
        </Anchor>
      )}{' '}
      <Party number={from} /> → <Party number={to} /> · {group}
      <Text size="xs" c="dimmed">
        {why}
      </Text>
    </li>
  );
}
