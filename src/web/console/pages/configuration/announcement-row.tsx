import { Button, FileButton, Group, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

import type { AnnouncementFile } from '../../../api.ts';
import { useDeed } from '../../connection/answers.ts';
import { addressOf, ask } from '../../connection/client.ts';
import { ListenButton } from '../../forms/listen.tsx';
import { usePageWords } from '../../forms/words.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Icon } from '../../parts/icons.tsx';
import { FailureNote } from '../../parts/notes.tsx';
import { Tag } from '../../parts/shapes.tsx';
import { announcementOf, AudioRefused, recordMicrophone } from './audio.ts';

type Refusal = AudioRefused['why'] | 'no-microphone' | 'forgotten';

/** One announcement: what it is, who hears it, and putting another in its place. */
export function AnnouncementRow({
  prompt,
  mayChange,
  reload,
}: {
  readonly prompt: AnnouncementFile;
  readonly mayChange: boolean;
  readonly reload: () => void;
}) {
  const words = usePageWords();
  const { name, language, sha256, origin, has_built_in } = prompt;
  const isOwnOrLost = origin === 'own' || (origin === null && has_built_in);
  const mayGoBack = isOwnOrLost && (has_built_in || prompt.used_by.length === 0);
  const params = { language, name };
  const [refused, setRefused] = useState<Refusal>();
  const put = useDeed(async (source: Blob) => {
    setRefused(undefined);
    try {
      const upload = await announcementOf(source);
      await ask('PUT /announcements/:language/:name', { params, upload });
      reload();
    } catch (error) {
      if (!(error instanceof AudioRefused)) throw error;
      setRefused(error.why);
    }
  });
  const remove = useDeed(async () => {
    await ask('DELETE /announcements/:language/:name', { params });
    reload();
  });
  const failure = put.failure ?? remove.failure;
  const address = addressOf('GET /announcements/:language/:name/audio', { params });
  return (
    <li className="prompt">
      <div className="prompt-facts">
        <Facts prompt={prompt} />
      </div>
      <Group gap={6} className="prompt-deeds">
        {sha256 !== null && (
          <ListenButton size="xs" key={sha256} name={name} address={`${address}&v=${sha256}`} />
        )}
        {mayChange && (
          <>
            <FileButton accept="audio/*,video/*" onChange={(file) => file && put.run(file)}>
              {(props) => (
                <Button
                  {...props}
                  size="xs"
                  variant="default"
                  loading={put.busy}
                  aria-label={`${words.uploadFile}: ${name}`}
                >
                  {words.uploadFile}
                </Button>
              )}
            </FileButton>
            <Microphone name={name} onDone={put.run} onRefused={setRefused} />
            {mayGoBack && (
              <Button size="xs" variant="default" loading={remove.busy} onClick={() => remove.run()}>
                {has_built_in ? words.backToBuiltIn : words.remove}
              </Button>
            )}
          </>
        )}
      </Group>
      {refused && (
        <p className="setting-fault" role="alert">
          {words.audioRefused[refused]}
        </p>
      )}
      {failure && <FailureNote failure={failure} />}
    </li>
  );
}

function Facts({ prompt }: { readonly prompt: AnnouncementFile }) {
  const words = usePageWords();
  const { directions } = useWords();
  const format = useFormat();
  const { name, ok, origin, duration_ms, wideband, used_by } = prompt;
  const uses = [
    ...new Set(used_by.map(({ group, direction }) => `${group} (${directions[direction]})`)),
  ].join(', ');
  const meaning = words.promptMeanings[name];
  return (
    <>
      <Text fw={600} size="sm" component="h3">
        {meaning ?? name}{' '}
        {ok ? (
          <Tag tone="plain">{origin === 'own' ? words.ownPrompt : words.builtInPrompt}</Tag>
        ) : (
          <Tag tone={used_by.length > 0 ? 'bad' : 'plain'}>{words.noPrompt}</Tag>
        )}
      </Text>
      <Text size="sm" c="dimmed">
        {[
          ...(meaning === undefined ? [] : [name]),
          ...(duration_ms === null ? [] : [format.length(duration_ms)]),
          ...(ok && wideband ? [words.wideband] : []),
          uses === '' ? words.unused : words.usedBy(uses),
        ].join(' · ')}
      </Text>
      {!ok && used_by.length > 0 && (
        <p className="setting-fault">
          {origin === null && prompt.has_built_in ? words.ownPromptGone : words.promptGone}
        </p>
      )}
    </>
  );
}

type Recording = Awaited<ReturnType<typeof recordMicrophone>>;

/** Longer than any announcement: somebody forgot to stop it. */
const longestRecordingMs = 300_000;

function Microphone({
  name,
  onDone,
  onRefused,
}: {
  readonly name: string;
  readonly onDone: (said: Blob) => void;
  readonly onRefused: (why: Refusal) => void;
}) {
  const words = usePageWords();
  const [recording, setRecording] = useState<Recording>();
  const current = useRef<Recording>(undefined);
  const isAsking = useRef(false);
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
      current.current?.cancel();
      current.current = undefined;
    };
  }, []);
  const stop = async (): Promise<void> => {
    const last = current.current;
    current.current = undefined;
    setRecording(undefined);
    if (last) onDone(await last.stop());
  };
  const begin = async (): Promise<void> => {
    if (isAsking.current) return;
    isAsking.current = true;
    try {
      const begun = await recordMicrophone();
      // The page was left before the person allowed it.
      if (isGone.current) {
        begun.cancel();
        return;
      }
      current.current = begun;
      setRecording(begun);
      window.setTimeout(() => {
        // Callers must not hear what somebody forgot to stop.
        if (current.current !== begun) return;
        begun.cancel();
        current.current = undefined;
        setRecording(undefined);
        onRefused('forgotten');
      }, longestRecordingMs);
    } catch {
      // Refused by the person, by the machine, or the page is not encrypted.
      onRefused('no-microphone');
    } finally {
      isAsking.current = false;
    }
  };
  return (
    <Button
      size="xs"
      variant={recording ? 'filled' : 'default'}
      color={recording ? 'red' : undefined}
      leftSection={<Icon name={recording ? 'stop' : 'record'} size={14} />}
      aria-label={`${recording ? words.recordStop : words.recordBegin}: ${name}`}
      onClick={() => void (recording ? stop() : begin())}
    >
      {recording ? words.recordStop : words.recordBegin}
    </Button>
  );
}
