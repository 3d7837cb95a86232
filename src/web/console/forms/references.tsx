import { Anchor, Checkbox, NativeSelect, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';

import { useAnswer, useHappening } from '../connection/answers.ts';
import { addressOf } from '../connection/client.ts';
import { listAt, sectionAt, textAt } from './changes.ts';
import { draft, useDraft } from './draft.ts';
import { Row, write, type FieldProps } from './field.tsx';
import { ListenButton } from './listen.tsx';
import { presetOf } from './schema.ts';
import { usePageWords } from './words.ts';

/** Which of the targets that there are. */
export function TargetsField({ path, node }: FieldProps) {
  const { values } = useDraft();
  const words = usePageWords();
  const chosen = listAt(values, path).map(String);
  const known = Object.keys(sectionAt(values, ['targets']) ?? {});
  const gone = chosen.filter((name) => !known.includes(name));
  const toggle = (name: string, isWanted: boolean): void => {
    if (isWanted && chosen.length === 0) draft.set(path, [name]);
    else if (isWanted) draft.insert([...path, chosen.length], name);
    else if (chosen.length === 1) draft.set(path, []);
    else draft.remove([...path, chosen.indexOf(name)]);
  };
  return (
    <Row path={path} node={node} isGroup>
      {({ describedBy }) => (
        <Stack gap={6}>
          {[...known, ...gone].map((name) => (
            <Checkbox
              key={name}
              label={gone.includes(name) ? words.goneTarget(name) : name}
              aria-describedby={describedBy}
              checked={chosen.includes(name)}
              onChange={(event) => toggle(name, event.currentTarget.checked)}
            />
          ))}
          {known.length === 0 && (
            <Text size="sm">
              {words.noTargetYet}{' '}
              <Anchor component={Link} href="/upload">
                {words.toTargets}
              </Anchor>
            </Text>
          )}
        </Stack>
      )}
    </Row>
  );
}

/** One of the announcements in the language of the group, to choose and to listen to. */
export function PromptField({ path, node }: FieldProps) {
  const { values } = useDraft();
  const words = usePageWords();
  const answer = useAnswer('GET /announcements', {});
  useHappening('announcements', () => answer.reload());
  const language = textAt(values, [...path.slice(0, 2), 'language']) || 'de';
  const preset = presetOf(node) ?? '';
  const written = textAt(values, path);
  const there = (answer.data?.announcements ?? []).filter((each) => each.language === language && each.ok);
  const names = [...new Set([...there.map(({ name }) => name), ...(written === '' ? [] : [written])])];
  const name = written === '' ? preset : written;
  const isThere = there.some((each) => each.name === name);
  return (
    <Row
      path={path}
      node={node}
      beside={
        isThere && (
          <ListenButton
            name={name}
            address={addressOf('GET /announcements/:language/:name/audio', { params: { language, name } })}
          />
        )
      }
    >
      {({ id, describedBy, invalid }) => (
        <>
          <NativeSelect
            id={id}
            aria-describedby={describedBy}
            error={invalid}
            value={written}
            onChange={(event) => write(path, event.currentTarget.value)}
            data={[
              { value: '', label: words.usually(preset) },
              ...names.map((value) => ({ value, label: value })),
            ]}
          />
          {answer.data && !isThere && (
            <p className="setting-fault">
              {words.promptMissing(name, language)}{' '}
              <Anchor component={Link} href="/announcements" inherit>
                {words.toAnnouncements}
              </Anchor>
            </p>
          )}
        </>
      )}
    </Row>
  );
}
