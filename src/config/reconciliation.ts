import { z } from 'zod';

import { absolutePath } from './values.ts';

const cdrSchema = z
  .strictObject({
    csv: absolutePath().describe(
      'The file of the module cdr_csv, such as /var/log/asterisk/cdr-csv/Master.csv. cdr.conf needs loguniqueid = yes in its section [csv].',
    ),
    times: z
      .enum(['local', 'utc'])
      .default('local')
      .describe(
        'How the file gives times: local (in pbx.timezone), or utc where cdr.conf has usegmtime = yes.',
      ),
  })
  .optional()
  .describe('The call detail records of Asterisk: what it notes of calls by itself.');

export const reconciliationSchema = z
  .strictObject({ cdr: cdrSchema })
  .prefault({})
  .describe(
    'An account of calls that does not depend on Mitschnitt: what it has and the recordings do not is a gap.',
  );
