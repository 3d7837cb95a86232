import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

import { Icon } from '../parts/icons.tsx';
import { usePageWords } from './words.ts';

/** Plays from its beginning, or stops. */
export function ListenButton({
  name,
  address,
  size = 'sm',
}: {
  readonly name: string;
  readonly address: string;
  readonly size?: 'xs' | 'sm';
}) {
  const words = usePageWords();
  const audio = useRef<HTMLAudioElement>(undefined);
  const [state, setState] = useState<'silent' | 'plays' | 'failed'>('silent');
  useEffect(() => () => audio.current?.pause(), []);
  const toggle = (): void => {
    if (state === 'plays') {
      audio.current?.pause();
      setState('silent');
      return;
    }
    const player = new Audio(address);
    audio.current?.pause();
    audio.current = player;
    player.onended = () => setState('silent');
    setState('plays');
    player.play().catch(() => setState('failed'));
  };
  const word = { silent: words.listen, plays: words.stop, failed: words.notPlayable }[state];
  return (
    <Button
      variant="default"
      size={size}
      className="listen"
      leftSection={<Icon name={state === 'plays' ? 'stop' : 'play'} size={14} />}
      aria-label={`${word}: ${name}`}
      onClick={toggle}
    >
      {word}
    </Button>
  );
}
