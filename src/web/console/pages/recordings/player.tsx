import { ActionIcon, Button, Checkbox, NativeSelect } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import WaveSurfer from 'wavesurfer.js';

import type { Peaks, RecordDetail } from '../../../api.ts';
import { useAnswer } from '../../connection/answers.ts';
import { addressOf } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Answered, FailureNote } from '../../parts/notes.tsx';
import { RequestFailure } from '../../connection/client.ts';

const speeds = ['0.75', '1', '1.25', '1.5', '2'];
const msPerSecond = 1_000;

/** Waveform and controls. The waveform comes from the server: no audio is loaded before it is played. */
export function Player({ record }: { readonly record: RecordDetail }) {
  const peaks = useAnswer('GET /records/:id/peaks', { params: { id: record.id } });
  return (
    <Answered answer={peaks}>
      {(data) => <Sound key={record.id} id={record.id} peaks={data} file={record.file} />}
    </Answered>
  );
}

function Sound({
  id,
  peaks,
  file,
}: {
  readonly id: string;
  readonly peaks: Peaks;
  readonly file: string | null;
}) {
  const words = useWords();
  const place = useRef<HTMLDivElement>(null);
  const [audio] = useState(() => {
    const element = new Audio();
    element.preload = 'none';
    element.src = addressOf('GET /records/:id/audio', { params: { id }, query: {} });
    return element;
  });
  const state = usePlayback(audio, peaks);
  useWave(place, audio, peaks);
  const isStereo = peaks.sides.length > 1;
  return (
    <div>
      <div ref={place} className="wave" aria-hidden="true" />
      {isStereo && (
        <div className="wave-sides">
          <span>{words.player.above}</span>
          <span>{words.player.below}</span>
        </div>
      )}
      {state.failed && <FailureNote failure={new RequestFailure('audio')} />}
      <Controls audio={audio} state={state} peaks={peaks} />
      {file !== null && (
        <Button
          component="a"
          href={addressOf('GET /records/:id/audio', { params: { id }, query: { download: 'true' } })}
          download
          variant="default"
          size="xs"
          mt="sm"
          leftSection={<Icon name="download" size={15} />}
        >
          {words.player.download}
        </Button>
      )}
    </div>
  );
}

interface Playback {
  readonly playing: boolean;
  readonly atMs: number;
  readonly failed: boolean;
  readonly skips: boolean;
  readonly setSkips: (skips: boolean) => void;
}

function usePlayback(audio: HTMLAudioElement, peaks: Peaks): Playback {
  const [playing, setPlaying] = useState(false);
  const [atMs, setAtMs] = useState(0);
  const [failed, setFailed] = useState(false);
  const [skips, setSkips] = useState(false);
  useEffect(() => {
    const follow = (): void => {
      const now = audio.currentTime * msPerSecond;
      const silence = skips && peaks.silences.find(({ from_ms, to_ms }) => now >= from_ms && now < to_ms);
      if (silence && !audio.paused) audio.currentTime = silence.to_ms / msPerSecond;
      setAtMs(now);
    };
    const change = (): void => setPlaying(!audio.paused);
    const fail = (): void => setFailed(true);
    audio.addEventListener('timeupdate', follow);
    for (const event of ['play', 'pause', 'ended']) audio.addEventListener(event, change);
    audio.addEventListener('error', fail);
    return () => {
      audio.removeEventListener('timeupdate', follow);
      for (const event of ['play', 'pause', 'ended']) audio.removeEventListener(event, change);
      audio.removeEventListener('error', fail);
    };
  }, [audio, peaks, skips]);
  useEffect(() => () => audio.pause(), [audio]);
  return { playing, atMs, failed, skips, setSkips };
}

function useWave(place: React.RefObject<HTMLDivElement | null>, audio: HTMLAudioElement, peaks: Peaks): void {
  useEffect(() => {
    if (!place.current) return;
    const style = getComputedStyle(place.current);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const isStereo = peaks.sides.length > 1;
    const look = [
      { waveColor: colour('--wave'), progressColor: colour('--wave-played') },
      { waveColor: colour('--wave-other'), progressColor: colour('--wave-other-played') },
    ];
    const wave = WaveSurfer.create({
      container: place.current,
      media: audio,
      peaks: peaks.sides.map(({ peaks: pairs }) => loudest(pairs)),
      duration: peaks.duration_ms / msPerSecond,
      // A quiet call is seen as well as a loud one.
      normalize: true,
      height: isStereo ? 56 : 96,
      ...look[0],
      cursorColor: colour('--live'),
      barWidth: 2,
      barGap: 1,
      barRadius: 1,
      dragToSeek: true,
      ...(isStereo ? { splitChannels: look } : {}),
    });
    return () => wave.destroy();
  }, [place, audio, peaks]);
}

/** Of each pair of least and greatest the one that is farther from silence. */
function loudest(pairs: readonly number[]): number[] {
  return Array.from({ length: Math.floor(pairs.length / 2) }, (_, index) =>
    Math.max(Math.abs(pairs[index * 2] ?? 0), Math.abs(pairs[index * 2 + 1] ?? 0)),
  );
}

function Controls({
  audio,
  state,
  peaks,
}: {
  readonly audio: HTMLAudioElement;
  readonly state: Playback;
  readonly peaks: Peaks;
}) {
  const { player: words } = useWords();
  const format = useFormat();
  const [speed, setSpeed] = useState('1');
  useEffect(() => {
    audio.playbackRate = Number(speed);
  }, [audio, speed]);
  const total = format.duration(peaks.duration_ms);
  return (
    <>
      <input
        type="range"
        className="player-position"
        aria-label={words.position}
        aria-valuetext={`${format.duration(state.atMs)} / ${total}`}
        min={0}
        max={Math.ceil(peaks.duration_ms / msPerSecond)}
        step={1}
        value={Math.round(state.atMs / msPerSecond)}
        onChange={(event) => {
          audio.currentTime = Number(event.currentTarget.value);
        }}
      />
      <div className="player-bar">
        <ActionIcon
          size="lg"
          radius="xl"
          aria-label={state.playing ? words.pause : words.play}
          onClick={() => {
            if (audio.paused) void audio.play().catch(() => undefined);
            else audio.pause();
          }}
        >
          <Icon name={state.playing ? 'pause' : 'play'} size={18} />
        </ActionIcon>
        <span data-testid="player-time">
          {format.duration(state.atMs)} / {total}
        </span>
        <NativeSelect
          size="xs"
          aria-label={words.speed}
          data={speeds.map((value) => ({ value, label: `${value}×` }))}
          value={speed}
          onChange={(event) => setSpeed(event.currentTarget.value)}
        />
        <Checkbox
          label={words.skipSilence(peaks.silences.length)}
          disabled={peaks.silences.length === 0}
          checked={state.skips}
          onChange={(event) => state.setSkips(event.currentTarget.checked)}
        />
      </div>
    </>
  );
}
