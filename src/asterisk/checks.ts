/** What `mitschnitt check` asks Asterisk once. Each throws what stands in the way. */
import { AmiConnection, type AmiSettings } from './ami.ts';
import { field } from './ami-wire.ts';
import { AriClient, AriRefusal, type AriSettings } from './ari.ts';
import { MitschnittError } from '../errors.ts';

/** Tries ARI. */
export async function checkAri(settings: AriSettings): Promise<void> {
  await new AriClient(settings).request('GET', 'asterisk/info', { only: 'system' });
}

/** Whether Asterisk has loaded a module that the configuration needs. */
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

/** Tries AMI: connection and login. */
export async function checkAmi(settings: AmiSettings): Promise<void> {
  const connection = new AmiConnection(settings, () => undefined);
  try {
    await connection.open('call');
  } finally {
    connection.close();
  }
}

/** Whether Asterisk keeps call detail records at all. */
export async function checkCdr(settings: AmiSettings): Promise<void> {
  const connection = new AmiConnection(settings, () => undefined);
  try {
    await connection.open('off');
    const answer = await connection.action({ Action: 'CoreSettings' });
    if (field(answer, 'CoreCDRenabled') !== 'No') return;
  } finally {
    connection.close();
  }
  throw new MitschnittError('Asterisk keeps no call detail records', {
    code: 'cdr-off',
    fault: 'asterisk',
    retry: false,
    hint: 'Set enable = yes in the section [general] of cdr.conf, and then "module reload cdr" on Asterisk\'s console.',
  });
}
