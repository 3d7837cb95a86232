import { Text } from '@mantine/core';

import type { StorageNow } from '../../../api.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Facts, Meter, type Tone } from '../../parts/shapes.tsx';
import { History } from './storage-history.tsx';

const soonHours = 24;

export function Storage({ now }: { readonly now: StorageNow }) {
  const { overview: words } = useWords();
  const format = useFormat();
  if (now.used === null) return <Text size="sm">{words.spoolGone}</Text>;
  const tone: Tone = now.used >= now.stop ? 'bad' : now.used >= now.warn ? 'warn' : 'good';
  return (
    <>
      <Meter share={now.used} tone={tone} label={words.used} />
      <Text size="sm" mt={6}>
        {words.usedOf(format.percent(now.used), format.bytes(now.free_bytes))}
      </Text>
      <Text size="sm" c={now.hours_left !== null && now.hours_left < soonHours ? 'red' : 'dimmed'} mb="xs">
        {forecast(now, words, format)}
      </Text>
      <Facts
        rows={[
          [words.active, words.files(now.active_files, format.bytes(now.active_bytes))],
          [words.transfer, words.files(now.transfer_files, format.bytes(now.transfer_bytes))],
          [words.limits, words.limitsAt(format.percent(now.warn), format.percent(now.stop))],
        ]}
      />
      <History now={now} />
    </>
  );
}

function forecast(
  now: StorageNow,
  words: ReturnType<typeof useWords>['overview'],
  format: ReturnType<typeof useFormat>,
): string {
  if (now.hours_left !== null) return words.hoursLeft(format.hours(now.hours_left));
  if (now.bytes_per_hour === null) return words.notMeasured;
  return words.doesNotFill;
}
