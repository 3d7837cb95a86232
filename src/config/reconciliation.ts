import { z } from 'zod';

import { absolutePath, complain } from './values.ts';

const cdrSchema = z
  .strictObject({
    csv: absolutePath()
      .optional()
      .describe(
        'The file of the module cdr_csv, such as /var/log/asterisk/cdr-csv/Master.csv. cdr.conf needs loguniqueid = yes in its section [csv]. It has the calls that ended while Mitschnitt did not run as well.',
      ),
    times: z
      .enum(['local', 'utc'])
      .default('local')
      .describe(
        'How the file gives times: local (in pbx.timezone), or utc where cdr.conf has usegmtime = yes.',
      ),
    ami: z
      .boolean()
      .default(false)
      .describe(
        'Takes the records as AMI events: of the module cdr_manager (enabled = yes in cdr_manager.conf), for a user with read = cdr in manager.conf, in pbx.timezone. Beside csv it has each call at once; alone it lacks those that ended while Mitschnitt did not run.',
      ),
  })
  .check(
    z.superRefine(({ csv, ami }, context) => {
      if (csv === undefined && !ami) complain(context, [], 'names no source', 'csv, ami: true, or both');
    }),
  )
  .optional()
  .describe('The call detail records of Asterisk: what it notes of calls by itself.');

export const reconciliationSchema = z
  .strictObject({
    cdr: cdrSchema,
    cel: z
      .boolean()
      .default(false)
      .describe(
        "Takes who was connected to whom from Asterisk's channel events (CEL) instead, where no CDR is kept: as AMI events of the module cel_manager, with BRIDGE_ENTER and BRIDGE_EXIT among the events of cel.conf, enable = yes there and enabled = yes in its section [manager].",
      ),
  })
  .check(
    z.superRefine(({ cdr, cel }, context) => {
      if (cdr && cel)
        complain(
          context,
          ['cel'],
          'is a second account',
          'cdr or cel: in two, each call would be counted twice',
        );
    }),
  )
  .prefault({})
  .describe(
    'An account of calls that does not depend on Mitschnitt: what it has and the recordings do not is a gap.',
  );

/** Whether there is an account to compare with. */
export function hasAccount({ cdr, cel }: z.output<typeof reconciliationSchema>): boolean {
  return cdr !== undefined || cel;
}
