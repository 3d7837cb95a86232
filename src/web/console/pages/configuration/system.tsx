import { ConfigurationPage } from '../../forms/configuration-page.tsx';
import { pageParts } from '../../forms/layouts.ts';
import { Parts } from '../../forms/parts.tsx';
import { useAnswer, useNow } from '../../connection/answers.ts';
import { usePageWords } from '../../forms/words.ts';
import { useWords } from '../../language/language.tsx';
import { Facts, Section, Tag } from '../../parts/shapes.tsx';
import { SelfTestCard } from './self-test.tsx';

/** Asterisk, the PBX, and what is set once. */
export default function System() {
  return (
    <ConfigurationPage page="system" above={<Connections />}>
      <Parts parts={pageParts.system} />
    </ConfigurationPage>
  );
}

function Connections() {
  const words = usePageWords();
  const { overview } = useWords();
  const now = useNow();
  const answer = useAnswer('GET /overview', {});
  const asterisk = now.asterisk ?? answer.data?.asterisk;
  const tag = (stands: boolean) => (
    <Tag tone={stands ? 'good' : 'bad'}>{stands ? overview.connected : overview.notConnected}</Tag>
  );
  return (
    <>
      {asterisk && (
        <Section title={words.connections}>
          <Facts
            rows={[
              [words.connectionAmi, tag(asterisk.ami)],
              [words.connectionAri, tag(asterisk.ari)],
              asterisk.version === null ? undefined : ['Asterisk', asterisk.version],
            ]}
          />
        </Section>
      )}
      <SelfTestCard />
    </>
  );
}
