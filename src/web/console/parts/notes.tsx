import { Alert, Button, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import type { RequestFailure } from '../connection/client.ts';
import type { Answer } from '../connection/answers.ts';
import { failureWords, problemWords, type Told } from '../language/failure-words.ts';
import { useWords } from '../language/language.tsx';
import { Icon } from './icons.tsx';

/** What happened and what to do, in the reader's words; what the server says of it beside. */
export function FailureNote({
  failure,
  retry,
}: {
  readonly failure: RequestFailure;
  readonly retry?: () => void;
}) {
  const words = useWords();
  const { title, what, remedy, detail } = failureWords(words, failure);
  return (
    <Alert color="red" icon={<Icon name="warning" />} title={title} role="alert" className="failure">
      {what !== '' && <Text size="sm">{what}</Text>}
      <Text size="sm">{remedy}</Text>
      <Detail>{detail}</Detail>
      {retry && (
        <Button variant="default" size="xs" mt="xs" onClick={retry}>
          {words.common.retry}
        </Button>
      )}
    </Alert>
  );
}

/** What stands in the way of something, in the reader's words. */
export function Problem({ problem }: { readonly problem: Told }) {
  const words = useWords();
  const { what, detail } = problemWords(words, problem);
  return (
    <div className="problem">
      {what}
      <Detail>{detail}</Detail>
    </div>
  );
}

/** What a server said, in its language, for whoever has to pass it on: folded. */
export function Detail({ children }: { readonly children: string }) {
  const { common } = useWords();
  if (children === '') return null;
  return (
    <details className="detail">
      <summary>{common.detail}</summary>
      <Text size="xs" className="mono" lang="en">
        {children}
      </Text>
    </details>
  );
}

/** Why there is nothing, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <Text fw={600}>{title}</Text>
      {children !== undefined && (
        <Text size="sm" c="dimmed" component="div">
          {children}
        </Text>
      )}
    </div>
  );
}

export function Waiting({ lines = 4 }: { readonly lines?: number }) {
  const words = useWords();
  return (
    <Stack gap="xs" role="status" aria-label={words.common.loading}>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={18} width={`${95 - ((line * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

/** What was asked for, or that it is waited for, or why it is not there. */
export function Answered<Data>({
  answer,
  children,
}: {
  readonly answer: Answer<Data>;
  readonly children: (data: Data) => ReactNode;
}) {
  const { data, failure, reload } = answer;
  return (
    <>
      {failure && <FailureNote failure={failure} retry={reload} />}
      {data === undefined ? failure === undefined && <Waiting /> : children(data)}
    </>
  );
}
