import { useAnswer, useNow } from '../../connection/answers.ts';
import { ConfigurationPage } from '../../forms/configuration-page.tsx';
import { pageParts } from '../../forms/layouts.ts';
import { Parts } from '../../forms/parts.tsx';
import { useWords } from '../../language/language.tsx';
import { Section } from '../../parts/shapes.tsx';
import { Storage } from '../overview/storage.tsx';

/** The disk of the recordings, and how long they are kept. */
export default function StoragePage() {
  return (
    <ConfigurationPage page="storage" above={<Use />}>
      <Parts parts={pageParts.storage} />
    </ConfigurationPage>
  );
}

function Use() {
  const words = useWords();
  const now = useNow();
  const overview = useAnswer('GET /overview', {});
  const storage = now.storage ?? overview.data?.storage;
  if (!storage) return null;
  return (
    <Section title={words.overview.storage}>
      <Storage now={storage} />
    </Section>
  );
}
