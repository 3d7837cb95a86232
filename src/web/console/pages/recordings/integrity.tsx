import { Button } from '@mantine/core';
import { useState } from 'react';

import type { RecordDetail, ResponseOf } from '../../../api.ts';
import { useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Empty, FailureNote, Problem } from '../../parts/notes.tsx';
import { Facts, Section, Tag } from '../../parts/shapes.tsx';
import { useRights } from '../../session.tsx';

const toneOfCopy = { intact: 'good', altered: 'bad', missing: 'bad', unreachable: 'warn' } as const;

/** What the check at the end found, and whether every copy is still as it was recorded. */
export function IntegrityCard({ record }: { readonly record: RecordDetail }) {
  const { integrity: words } = useWords();
  const { oversees } = useRights();
  const [copies, setCopies] = useState<ResponseOf<'POST /records/:id/verify'>['copies']>();
  const verify = useDeed(async () => {
    setCopies((await ask('POST /records/:id/verify', { params: { id: record.id } })).copies);
  });
  const { media } = record;
  return (
    <Section
      title={words.title}
      aside={
        oversees &&
        media && (
          <Button size="compact-xs" variant="default" loading={verify.busy} onClick={() => verify.run()}>
            {words.verify}
          </Button>
        )
      }
    >
      {verify.failure && <FailureNote failure={verify.failure} />}
      {copies && (
        <ul className="copies" role="status">
          {copies.map(({ place, result, problem, code, hint }) => (
            <li key={place}>
              {place} <Tag tone={toneOfCopy[result]}>{words.results[result]}</Tag>
              {problem !== null && (
                <Problem problem={{ code: code ?? '', message: problem, hint: hint ?? '' }} />
              )}
            </li>
          ))}
        </ul>
      )}
      {media ? <Media media={media} /> : <Empty title={words.none}>{words.noneWhy}</Empty>}
    </Section>
  );
}

function Media({ media }: { readonly media: NonNullable<RecordDetail['media']> }) {
  const { integrity: words } = useWords();
  const format = useFormat();
  const form = [
    media.sample_rate === null ? '' : `${format.number(media.sample_rate / 1_000)} kHz`,
    media.channels === null ? '' : media.channels > 1 ? words.stereo : words.mono,
  ];
  return (
    <Facts
      rows={[
        [
          words.findings,
          media.findings.length === 0 ? (
            <Tag tone="good">{words.fine}</Tag>
          ) : (
            media.findings.map((finding) => (
              <Tag key={finding} tone="warn">
                {words.finding[finding]}
              </Tag>
            ))
          ),
        ],
        [words.length, format.duration(media.duration_ms)],
        [words.size, format.bytes(media.bytes)],
        [words.form, form.filter((part) => part !== '').join(' · ')],
        ...media.sides.map(
          ({ side, rms_db, audible_ms }) =>
            [
              words.sides[side],
              rms_db === null
                ? words.silent
                : words.level(format.number(Math.round(rms_db)), format.duration(audible_ms)),
            ] as const,
        ),
        [
          'SHA-256',
          <span key="s" className="mono">
            {media.sha256}
          </span>,
        ],
      ]}
    />
  );
}
