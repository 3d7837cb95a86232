import type { Consent, RecordDetail } from '../../../api.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Detail, Empty } from '../../parts/notes.tsx';
import { Facts, Party, Section, Tag } from '../../parts/shapes.tsx';

/** What proves that the other party knew. */
export function ConsentCard({ record }: { readonly record: RecordDetail }) {
  const { consent: words } = useWords();
  const { consent, consents } = record;
  const others = consents.filter(
    (each) => each.channel !== consent?.channel || each.played_from !== consent.played_from,
  );
  return (
    <Section title={words.title}>
      {consent ? <Evidence consent={consent} /> : <Empty title={words.none}>{words.noneWhy}</Empty>}
      {others.length > 0 && (
        <details>
          <summary>{words.others(others.length)}</summary>
          {others.map((each) => (
            <Evidence key={`${each.channel} ${each.played_from ?? ''}`} consent={each} />
          ))}
        </details>
      )}
    </Section>
  );
}

function Evidence({ consent }: { readonly consent: Consent }) {
  const { consent: words } = useWords();
  const format = useFormat();
  const at = (time: string | null) => (time === null ? '–' : format.time(time));
  return (
    <Facts
      rows={[
        [words.mode, words.modes[consent.mode]],
        [
          words.decision,
          <Tag
            key="d"
            tone={consent.decision === 'declined' ? 'warn' : consent.decision === 'agreed' ? 'good' : 'plain'}
          >
            {words.decisions[consent.decision]}
          </Tag>,
        ],
        [words.heardBy, <Party key="n" number={consent.number} />],
        [words.prompt, `${consent.prompt} (${consent.language})`],
        [
          words.played,
          <span key="p">
            {at(consent.played_from)} – {at(consent.played_to)}{' '}
            <Tag tone={consent.complete ? 'good' : 'warn'}>
              {consent.complete ? words.complete : words.cut}
            </Tag>
          </span>,
        ],
        consent.key === null
          ? [words.key, words.noKey]
          : [words.key, `${consent.key} · ${at(consent.key_at)}`],
        consent.problem === null ? undefined : [words.problem, <Detail key="p">{consent.problem}</Detail>],
        consent.sha256 === null
          ? undefined
          : [
              'SHA-256',
              <span key="s" className="mono">
                {consent.sha256}
              </span>,
            ],
      ]}
    />
  );
}
