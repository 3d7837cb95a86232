import { Text } from '@mantine/core';

import type { ResponseOf } from '../../../api.ts';
import { useFormat, useWords } from '../../language/language.tsx';
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
  const { common } = useWords();
  const format = useFormat();
  return (
    <div role="status" className="test-result">
      <Tag tone={result.ok ? 'good' : 'bad'}>{result.ok ? words.passed : words.failed}</Tag>{' '}
      <Text size="sm" span>
        {result.ok ? good : ''} ({format.number(result.ms)} ms)
      </Text>
      {result.problem && (
        <Text size="sm" className="problem">
          {result.problem.message}. {common.hint(result.problem)}
        </Text>
      )}
    </div>
  );
}
