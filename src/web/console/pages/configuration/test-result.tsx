import { Text } from '@mantine/core';

import type { ResponseOf } from '../../../api.ts';
import { useFormat } from '../../language/language.tsx';
import { Problem } from '../../parts/notes.tsx';
import { Tag } from '../../parts/shapes.tsx';
import { usePageWords } from '../../forms/words.ts';

/** What came of a test, with its cause and remedy. */
export function TestResult({
  result,
  good,
}: {
  readonly result: ResponseOf<'POST /alarms/test'>;
  readonly good: string;
}) {
  const words = usePageWords();
  const format = useFormat();
  return (
    <div role="status" className="test-result">
      <Tag tone={result.ok ? 'good' : 'bad'}>{result.ok ? words.passed : words.failed}</Tag>{' '}
      <Text size="sm" span>
        {result.ok ? good : ''} ({format.number(result.ms)} ms)
      </Text>
      {result.problem && <Problem problem={result.problem} />}
    </div>
  );
}
