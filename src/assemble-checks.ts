/** What `mitschnitt check` tries; a part of assemble.ts. */
import { alarmChecksOf } from './assemble-alarms.ts';
import { asteriskSettings } from './assemble-calls.ts';
import { targetsOf } from './assemble-delivery.ts';
import { oidcChecksOf } from './assemble-oidc.ts';
import { accountChecksOf } from './assemble-reconciliation.ts';
import { checkAmi, checkAri, checkCdr, checkModule } from './asterisk/checks.ts';
import { promptsOf } from './config/policy.ts';
import { MitschnittError } from './errors.ts';
import { promptHint, promptProblem } from './spool/prompts.ts';
import { Spool } from './spool/spool.ts';
import type { Config } from './config/schema.ts';
import type { Target } from './delivery/target.ts';

/** One thing that `mitschnitt check` tries. */
export interface Check {
  readonly kind: 'spool' | 'prompt' | 'asterisk' | 'account' | 'target' | 'alarms' | 'sign-in';
  readonly name: string;
  /** Throws what stands in the way. */
  run(): Promise<void>;
}

/** All that has to work before calls are recorded and delivered. */
export function checksOf(config: Config): readonly Check[] {
  const { ari, ami } = asteriskSettings(config);
  return [
    { kind: 'spool', name: config.spool.path, run: () => new Spool(config.spool.path).check() },
    ...promptsOf(config).map(({ name, language }) => ({
      kind: 'prompt' as const,
      name: `${language}/${name}`,
      run: () => checkPrompt(config, name, language),
    })),
    { kind: 'asterisk', name: 'ARI', run: () => checkAri(ari) },
    { kind: 'asterisk', name: 'AMI', run: () => checkAmi(ami) },
    ...modulesOf(config).map((module) => ({
      kind: 'asterisk' as const,
      name: module,
      run: () => checkModule(ari, module),
    })),
    ...accountChecksOf(config, () => checkCdr(ami)),
    ...targetsOf(config).map((target) => ({
      kind: 'target' as const,
      name: target.name,
      run: () => checkTarget(target.create()),
    })),
    ...alarmChecksOf(config),
    ...oidcChecksOf(config),
  ];
}

/** Modules of Asterisk that not every one has loaded, and without which recordings would be missing or narrow. */
function modulesOf({ groups, reconciliation }: Config): readonly string[] {
  return [
    ...(reconciliation.cdr?.ami === true ? ['cdr_manager'] : []),
    ...(reconciliation.cel ? ['cel_manager'] : []),
    ...(groups.some(({ beep }) => beep !== undefined) ? ['func_periodic_hook'] : []),
    ...(groups.some(({ audio }) => audio.sample_rate === 'auto') ? ['func_channel'] : []),
  ];
}

/** Throws why an announcement cannot be played. */
export async function checkPrompt(config: Config, name: string, language: string): Promise<void> {
  const problem = await promptProblem(config.prompts, name, language);
  if (problem === undefined) return;
  throw new MitschnittError(`The announcement cannot be played: ${problem}`, {
    code: 'prompt-unusable',
    fault: 'configuration',
    retry: false,
    hint: promptHint,
  });
}

/** Checking a target writes, reads back and removes a small file. */
const targetCheckMs = 30_000;

async function checkTarget(target: Target): Promise<void> {
  try {
    await target.check(AbortSignal.timeout(targetCheckMs));
  } finally {
    await target.close();
  }
}
