import { Text } from '@mantine/core';

import type { Alarm } from '../../../api.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Detail } from '../../parts/notes.tsx';

export function AlarmList({ alarms }: { readonly alarms: readonly Alarm[] }) {
  const { overview: words } = useWords();
  const format = useFormat();
  return alarms.map(({ kind, subject, title, meaning, remedy, problem, since }) => (
    <div className="alarm" key={`${kind} ${subject}`}>
      <Text fw={600}>{title}</Text>
      <Text size="sm">{meaning}</Text>
      <Text size="sm">{words.alarmRemedies[kind] ?? remedy}</Text>
      <Text size="xs" c="dimmed">
        {words.since(format.dateTime(since))}
      </Text>
      <Detail>{problem}</Detail>
    </div>
  ));
}
