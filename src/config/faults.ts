import { MitschnittError } from '../errors.ts';
import type { Path } from './json-schema.ts';

/** One thing that is wrong in the configuration. */
export interface ConfigFault {
  /** `file:line:column`; the file alone where no place in it can be named. */
  readonly place: string;
  /** `groups[0].deliver_to[1]`; empty for the file as a whole. */
  readonly key: string;
  /** The same as a path. */
  readonly path: Path;
  /** What is wrong: `is missing`. */
  readonly message: string;
  /** The value as it is written in the file; never that of a secret. */
  readonly value?: string | undefined;
  /** What would be right. */
  readonly allowed?: string | undefined;
}

/** `place key: what is wrong: value -> what is allowed`. */
export function describeFault({ place, key, message, value, allowed }: ConfigFault): string {
  const subject = key === '' ? place : `${place} ${key}`;
  return `${subject}: ${message}${value === undefined ? '' : `: ${value}`}${allowed === undefined ? '' : ` -> ${allowed}`}`;
}

/** The configuration cannot be used. Carries all that is wrong with it. */
export class ConfigurationError extends MitschnittError {
  readonly faults: readonly ConfigFault[];

  constructor(file: string, faults: readonly ConfigFault[], cause?: unknown) {
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
    super(
      `${count} in the configuration ${file}:\n${faults.map((fault) => `  ${describeFault(fault)}`).join('\n')}`,
      {
        code: 'configuration-invalid',
        fault: 'configuration',
        retry: false,
        hint: 'Correct the configuration file; docs/configuration.md explains every key.',
        cause,
      },
    );
    this.faults = faults;
  }
}

/** How a place in the configuration is written in messages. */
export function keyOf(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index > 0 ? `.${part}` : part))
    .join('');
}
