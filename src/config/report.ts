import { z } from 'zod';

import { absolutePath, cron } from './values.ts';

/** Columns of the report: the compiler demands each in `report/csv.ts`. */
const reportColumns = [
  ...(['caller', 'called', 'start', 'talk_time', 'recording'] as const),
  ...(['outcome', 'rule', 'direction', 'group', 'start_iso', 'talk_seconds'] as const),
  ...(['id', 'call_id', 'linked_id'] as const),
] as const;
export type ReportColumn = (typeof reportColumns)[number];

export const reportSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether the report is written.'),
    language: z.enum(['de', 'en']).default('de').describe('Language of its headings.'),
    path: absolutePath()
      .optional()
      .describe('Folder of the report files. Default: the folder report in the spool.'),
    files: z
      .enum(['monthly', 'daily'])
      .default('monthly')
      .describe('Whether there is a file of each month or of each day.'),
    columns: z
      .array(z.enum(reportColumns))
      .default([])
      .describe(
        'Columns added to caller, called, start, talk_time and recording, in this order. If one of these five is named, the report has exactly the columns that are named, in this order.',
      ),
    deliver: z
      .union([z.enum(['daily', 'monthly']), cron()], { error: 'daily, monthly or a cron expression' })
      .optional()
      .describe(
        "When the report is delivered to the groups' targets: daily (as of midnight), monthly (as of the first midnight of the month) or at the times of a cron expression of five fields in the time zone of the PBX; 10 minutes later each time, so that calls which end meanwhile are in it. Each target gets the lines of the groups that deliver to it. Without it the report stays on this machine.",
      ),
  })
  .prefault({})
  .describe('The CSV file of each month or day with all calls.');
