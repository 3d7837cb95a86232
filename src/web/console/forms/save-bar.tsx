import { Anchor, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useLocation } from 'wouter';

import type { Checked, ConfigFault } from '../../api.ts';
import { useDeed } from '../connection/answers.ts';
import { FailureNote } from '../parts/notes.tsx';
import { Tag } from '../parts/shapes.tsx';
import { draft, useDraft } from './draft.ts';
import { pageOf, pagePaths } from './layouts.ts';
import { usePlaceName, useShown } from './places.ts';
import { usePageWords, useWording } from './words.ts';

/** How many changes there are, whether they are right, and saving them. */
export function SaveBar() {
  const words = usePageWords();
  const { changes, checking, faults, saved, base, conflict } = useDraft();
  const [isOpen, setOpen] = useState(false);
  const [isListing, setListing] = useState(false);
  if (!base) return null;
  const isChanged = changes.length > 0;
  if (!isChanged && saved === undefined && faults.length === 0) return null;
  return (
    <div className="save-bar" role="region" aria-label={words.saving}>
      <div className="save-words" role="status">
        {isChanged ? (
          <>
            <Text fw={600} size="sm">
              {words.changed(changes.length)}
            </Text>
            {checking ? (
              <Tag tone="plain">{words.checking}</Tag>
            ) : faults.length > 0 ? (
              <FaultCount count={faults.length} onList={() => setListing(true)} />
            ) : (
              <Tag tone="good">{words.right}</Tag>
            )}
          </>
        ) : faults.length > 0 ? (
          <>
            <Text size="sm">{words.fileWrong}</Text>
            <FaultCount count={faults.length} onList={() => setListing(true)} />
          </>
        ) : (
          saved && (
            <>
              <Tag tone={saved.takes_effect === 'restart' ? 'warn' : 'good'}>{words.saved}</Tag>
              <Text size="sm">{words.effects[saved.takes_effect](saved.restart_keys.join(', '))}</Text>
            </>
          )
        )}
      </div>
      {isChanged && (
        <Group gap="xs" wrap="nowrap">
          <Button variant="default" size="sm" onClick={() => draft.discard()}>
            {words.discard}
          </Button>
          <Button
            size="sm"
            disabled={checking || conflict || faults.length > 0}
            onClick={() => setOpen(true)}
          >
            {words.review}
          </Button>
        </Group>
      )}
      <Modal opened={isOpen && isChanged} onClose={() => setOpen(false)} size="xl" title={words.reviewTitle}>
        <Review onDone={() => setOpen(false)} />
      </Modal>
      <Modal opened={isListing} onClose={() => setListing(false)} size="lg" title={words.faultsTitle}>
        <FaultList faults={faults} onGo={() => setListing(false)} />
      </Modal>
    </div>
  );
}

function FaultCount({ count, onList }: { readonly count: number; readonly onList: () => void }) {
  const words = usePageWords();
  return (
    <button type="button" className="tag tag-bad tag-button" onClick={onList}>
      {words.wrong(count)}
    </button>
  );
}

function FaultList({ faults, onGo }: { readonly faults: readonly ConfigFault[]; readonly onGo: () => void }) {
  const wording = useWording();
  const placeName = usePlaceName();
  const [, go] = useLocation();
  return (
    <ul className="plain-list">
      {faults.map((fault) => (
        <li key={`${fault.key} ${fault.message}`}>
          <Anchor
            component="button"
            type="button"
            size="sm"
            ta="left"
            onClick={() => {
              onGo();
              go(pagePaths[pageOf(fault.at)]);
              lead(fault.at.join('.'));
            }}
          >
            {placeName(fault.at) || fault.key}
          </Anchor>
          <Text size="sm">{wording.fault(fault)}</Text>
        </li>
      ))}
    </ul>
  );
}

/** The page has to be there, and what is folded or closed opened. */
const pageIsThereAfterMs = 250;

function lead(key: string): void {
  window.setTimeout(() => {
    const place = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    place?.closest('details')?.setAttribute('open', '');
    place?.scrollIntoView({ block: 'center' });
    place?.querySelector<HTMLElement>('input, select, button')?.focus();
  }, pageIsThereAfterMs);
}

function Review({ onDone }: { readonly onDone: () => void }) {
  const words = usePageWords();
  const { checked, failure } = useDraft();
  const save = useDeed(async () => {
    if (await draft.save()) onDone();
  });
  if (!checked) return null;
  return (
    <Stack gap="sm">
      <Differences checked={checked} />
      {checked.warnings.map(({ code, subject }) => (
        <Text size="sm" key={`${code} ${subject}`}>
          <Tag tone="warn">{words.warning}</Tag> {words.warnings[code](subject)}
        </Text>
      ))}
      <Text size="sm">{words.willTakeEffect[checked.takes_effect](checked.restart_keys.join(', '))}</Text>
      {checked.diff !== '' && (
        <details>
          <summary>{words.lines}</summary>
          {/* Long lines are scrolled, by keyboard as well. */}
          <pre className="diff" tabIndex={0} role="region" aria-label={words.lines}>
            {checked.diff}
          </pre>
        </details>
      )}
      {failure && <FailureNote failure={failure} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {words.backToForm}
        </Button>
        <Button loading={save.busy} onClick={() => save.run()}>
          {words.save}
        </Button>
      </Group>
    </Stack>
  );
}

function Differences({ checked }: { readonly checked: Checked }) {
  const words = usePageWords();
  const { base } = useDraft();
  const placeName = usePlaceName();
  const shown = useShown();
  if (checked.differences.length === 0) return <Text size="sm">{words.nothingChanges}</Text>;
  return (
    <table className="list stack differences">
      <caption>{words.reviewTitle}</caption>
      <thead>
        <tr>
          <th>{words.what}</th>
          <th>{words.before}</th>
          <th>{words.after}</th>
        </tr>
      </thead>
      <tbody>
        {checked.differences.map(({ at, key, before, after }) => (
          <tr key={key}>
            {/* What goes has its name only in what was. */}
            <td>{placeName(at, after === null ? base?.values : undefined) || key}</td>
            <td data-name={words.before} className="old">
              {shown(at, before)}
            </td>
            <td data-name={words.after} className="new">
              {shown(at, after)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
