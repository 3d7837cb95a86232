import { Stack, Text } from '@mantine/core';

import { isAt, listAt, sectionAt, textAt } from './changes.ts';
import { useDraft } from './draft.ts';
import { Row, type FieldProps } from './field.tsx';
import { Entries } from './lists.tsx';
import { usePageWords, useWording } from './words.ts';

/** A list for each group: those that there are, and those of which something is said all the same. */
export function ByGroupField({ path, node }: FieldProps) {
  const { values, faults } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const known = listAt(values, ['groups']).map((_, index) => textAt(values, ['groups', index, 'name']));
  const names = [...new Set([...known, ...Object.keys(sectionAt(values, path) ?? {})])].filter(
    (name) => name !== '',
  );
  return (
    <Row path={path} node={node} isGroup>
      {({ describedBy }) => (
        <Stack gap="sm">
          {names.length === 0 && <Text size="sm">{words.noGroupYet}</Text>}
          {names.map((name) => {
            const at = [...path, name];
            const wrong = faults.find((fault) => isAt(fault.at, at));
            return (
              <Stack key={name} gap={4}>
                <Text size="sm">
                  <bdi>{name}</bdi>
                </Text>
                <Entries path={at} label={name} describedBy={describedBy} />
                {wrong && <p className="setting-fault">{wording.fault(wrong)}</p>}
              </Stack>
            );
          })}
        </Stack>
      )}
    </Row>
  );
}
