import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';

import { useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { ConfigurationPage } from '../../forms/configuration-page.tsx';
import { pageParts } from '../../forms/layouts.ts';
import { Parts } from '../../forms/parts.tsx';
import { usePageWords } from '../../forms/words.ts';
import { FailureNote } from '../../parts/notes.tsx';
import { useRights } from '../../session.tsx';

/** The CSV file with all calls. */
export default function Report() {
  const { administers } = useRights();
  return (
    <ConfigurationPage page="report" above={administers && <DeliverReport />}>
      <Parts parts={pageParts.report} />
    </ConfigurationPage>
  );
}

function DeliverReport() {
  const words = usePageWords();
  const [isBegun, setBegun] = useState(false);
  const deliver = useDeed(async () => {
    await ask('POST /upload', {});
    setBegun(true);
  });
  return (
    <div className="deeds">
      {deliver.failure && <FailureNote failure={deliver.failure} />}
      <Group gap="sm">
        <Button size="xs" variant="default" loading={deliver.busy} onClick={() => deliver.run()}>
          {words.deliverReport}
        </Button>
        <Text size="sm" c="dimmed" role="status">
          {isBegun ? words.deliverReportDone : words.deliverReportHelp}
        </Text>
      </Group>
    </div>
  );
}
