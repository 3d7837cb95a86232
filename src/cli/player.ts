import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { MitschnittError } from '../errors.ts';

/** A program that plays a WAV file, with what has it say nothing and end at the end of the file. */
interface Player {
  readonly program: string;
  readonly args: readonly string[];
}

const players: readonly Player[] = [
  { program: 'ffplay', args: ['-autoexit', '-nodisp', '-loglevel', 'error'] },
  { program: 'aplay', args: ['-q'] },
  { program: 'play', args: ['-q'] },
];

/** The first player on the PATH. */
export async function findPlayer(): Promise<Player> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const { program, args } of players)
    for (const folder of folders) {
      const path = join(folder, program);
      if (await isProgram(path)) return { program: path, args };
    }
  throw new MitschnittError('there is no program here that could play it', {
    code: 'no-player',
    fault: 'configuration',
    retry: true,
    hint: 'Install ffplay (package ffmpeg), aplay (alsa-utils) or play (sox), or save it with --save FILE.',
  });
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Plays a file to its end, or until it is interrupted: that is how one stops listening, and no error. */
export async function runPlayer({ program, args }: Player, file: string, signal: AbortSignal): Promise<void> {
  const child = spawn(program, [...args, file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const end = () => child.kill();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0 || signal.aborted) return;
    throw failed(program, `it ended with ${code ?? 'a signal'}`);
  } catch (error) {
    throw error instanceof MitschnittError ? error : failed(program, String(error));
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function failed(program: string, why: string): MitschnittError {
  return new MitschnittError(`${program} could not play it: ${why}`, {
    code: 'player-failed',
    fault: 'configuration',
    retry: true,
    hint: 'Look whether this machine can play sound at all, or save it with --save FILE.',
  });
}
