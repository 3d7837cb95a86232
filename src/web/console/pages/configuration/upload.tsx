import { Button, Group } from '@mantine/core';

import { useDeed, useNow } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { ConfigurationPage } from '../../forms/configuration-page.tsx';
import { pageParts } from '../../forms/layouts.ts';
import { Parts } from '../../forms/parts.tsx';
import { usePageWords } from '../../forms/words.ts';
import { FailureNote } from '../../parts/notes.tsx';
import { useRights } from '../../session.tsx';
import { TargetList } from './target-list.tsx';

/** Where recordings go, and when. */
export default function Upload() {
  const { administers } = useRights();
  return (
    <ConfigurationPage page="upload" above={administers && <DeliverNow />}>
      <TargetList />
      <Parts parts={pageParts.upload} />
    </ConfigurationPage>
  );
}

function DeliverNow() {
  const words = usePageWords();
  const { targets } = useNow();
  const deliver = useDeed(async () => {
    await ask('POST /upload', {});
  });
  const again = useDeed(async () => {
    await ask('POST /retry', {});
  });
  const failure = deliver.failure ?? again.failure;
  if (!targets || targets.length === 0) return null;
  const pending = targets.reduce((sum, each) => sum + each.pending, 0);
  const aside = targets.reduce((sum, each) => sum + each.set_aside, 0);
  return (
    <div className="deeds">
      {failure && <FailureNote failure={failure} />}
      <Group gap="sm">
        <span>{words.waiting(pending, aside)}</span>
        <Button size="xs" variant="default" loading={deliver.busy} onClick={() => deliver.run()}>
          {words.deliverNow}
        </Button>
        {aside > 0 && (
          <Button size="xs" variant="default" loading={again.busy} onClick={() => again.run()}>
            {words.retryAside}
          </Button>
        )}
      </Group>
    </div>
  );
}
