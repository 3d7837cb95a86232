import { MitschnittError } from '../errors.ts';
import { AmiConnection, type AmiSettings } from './ami.ts';
import { AriClient, AriRefusal, type AriSettings } from './ari.ts';

/** Tries ARI once, for `mitschnitt check`; throws what stands in the way. */
export async function checkAri(settings: AriSettings): Promise<void> {
  await new AriClient(settings).request('GET', 'asterisk/info', { only: 'system' });
}

/** Asks once whether Asterisk has loaded a module that the configuration needs, for `mitschnitt check`. */
export async function checkModule(settings: AriSettings, module: string): Promise<void> {
  try {
    const { status } = (await new AriClient(settings).request('GET', `asterisk/modules/${module}.so`)) as {
      status?: string;
    };
    if (status === 'Running') return;
  } catch (error) {
    if (!(error instanceof AriRefusal)) throw error;
  }
  throw new MitschnittError(`Asterisk's module ${module} does not run`, {
    code: 'module-missing',
    fault: 'asterisk',
    retry: false,
    hint: `Load it, and what it depends on (modules.conf; "module load ${module}.so" on Asterisk's console says what is missing).`,
  });
}

/** Tries AMI once: connection and login. */
export async function checkAmi(settings: AmiSettings): Promise<void> {
  const connection = new AmiConnection(settings, () => undefined);
  try {
    await connection.open('call');
  } finally {
    connection.close();
  }
}
