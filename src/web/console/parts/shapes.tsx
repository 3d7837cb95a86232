import { Title, Text, Tooltip } from '@mantine/core';
import { Fragment, useEffect, type ReactNode } from 'react';

import { useWords } from '../language/language.tsx';
import { Icon, type IconName } from './icons.tsx';

export type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'live';

/** A word for a state. The tone is never all that tells. */
export function Tag({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <span className={`tag tag-${tone}`}>{children}</span>;
}

export function Page({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Mitschnitt`;
  }, [title]);
  return (
    <div className="page">
      <div className="page-head">
        <Title order={1} size="h2">
          {title}
        </Title>
        {aside}
      </div>
      {children}
    </div>
  );
}

export function Section({
  title,
  aside,
  children,
  wide = false,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly wide?: boolean;
}) {
  return (
    <section className={wide ? 'card card-wide' : 'card'}>
      <div className="card-head">
        <Title order={2} size="h5">
          {title}
        </Title>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** Names and values below each other. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [name: string, value: ReactNode] | undefined)[];
}) {
  return (
    <dl className="facts">
      {rows.map(
        (row) =>
          row && (
            <div key={row[0]}>
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** What a caller sent: kept in its own direction and cut off when long, whole when pointed at. */
export function Party({ number }: { readonly number: string }) {
  const words = useWords();
  if (number.trim() === '')
    return (
      <Text span c="dimmed" inherit>
        {words.common.unknown}
      </Text>
    );
  return (
    <bdi className="party" title={number.length > 24 ? number : undefined}>
      {number}
    </bdi>
  );
}

/** What a caller was called, cut off when long; as much a caller's own word as the number. */
export function CallerName({ name }: { readonly name: string | null }) {
  if (name === null) return null;
  return (
    <Text size="xs" c="dimmed">
      <bdi className="party" title={name}>
        {name}
      </bdi>
    </Text>
  );
}

/** The name of a file, which breaks between its parts where it has to. */
export function FileName({ name }: { readonly name: string }) {
  return (
    <bdi className="file-name">
      {name.split(/(?<=_)/).map((part, index) => (
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </bdi>
  );
}

export function DirectionMark({
  direction,
}: {
  readonly direction: 'incoming' | 'outgoing' | 'internal' | null;
}) {
  const words = useWords();
  if (direction === null) return null;
  const icon: IconName = direction;
  return (
    <Tooltip label={words.directions[direction]}>
      <span className="direction" role="img" aria-label={words.directions[direction]}>
        <Icon name={icon} size={15} />
      </span>
    </Tooltip>
  );
}

/** A share of something, with its limits. */
export function Meter({
  share,
  tone,
  label,
}: {
  readonly share: number;
  readonly tone: Tone;
  readonly label: string;
}) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div
      className={`meter meter-${tone}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
