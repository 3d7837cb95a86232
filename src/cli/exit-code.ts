import { MitschnittError, type Fault } from '../errors.ts';

/** What the command line ends with (product 11). */
export const exitCodes = {
  fine: 0,
  /** Something is wrong that none of the others names. */
  wrong: 1,
  /** Wrong usage, or a configuration that cannot be used. */
  configuration: 2,
  asterisk: 3,
  target: 4,
} as const;

const byFault: Readonly<Record<Fault, number>> = {
  configuration: exitCodes.configuration,
  asterisk: exitCodes.asterisk,
  destination: exitCodes.target,
  defect: exitCodes.wrong,
};

/** The exit code for an error that ended a command. */
export function exitCodeOf(thrown: unknown): number {
  return thrown instanceof MitschnittError ? byFault[thrown.fault] : exitCodes.wrong;
}
