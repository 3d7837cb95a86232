import { ConfigurationError } from '../config/faults.ts';
import { MitschnittError, type Fault } from '../errors.ts';

/** What the command line ends with. */
export const exitCodes = {
  fine: 0,
  /** Something is wrong that none of the others names. */
  wrong: 1,
  /** Wrong usage, or a configuration file that cannot be used. */
  configuration: 2,
  asterisk: 3,
  target: 4,
} as const;

const byFault: Readonly<Record<Fault, number>> = {
  // Of the machine: a folder, a right. What is wrong in the file itself is a ConfigurationError.
  configuration: exitCodes.wrong,
  asterisk: exitCodes.asterisk,
  destination: exitCodes.target,
  defect: exitCodes.wrong,
};

/** The exit code for an error that ended a command. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof ConfigurationError) return exitCodes.configuration;
  return thrown instanceof MitschnittError ? byFault[thrown.fault] : exitCodes.wrong;
}
