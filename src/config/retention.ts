import { z } from 'zod';

import { duration } from './values.ts';

const longestKept = '100y';

const retentionFields = {
  local: duration('0s', longestKept).describe(
    'How long the local file is kept after the end of its call, though all targets have it; a duration. One that is not delivered everywhere is never deleted.',
  ),
  remote: duration('1d', longestKept).describe(
    'How long delivered recordings are kept at their targets after the end of their call; a duration such as 365d or 10y (of 365 days). Then they are removed there, sidecars included, but not from mailboxes. Default: for ever.',
  ),
  catalogue: duration('1d', longestKept).describe(
    'How long all that is known of a call is kept in the catalogue; a duration such as 10y, not shorter than local and remote. Of recordings that stay at their targets nothing is then known any more: erase does not find them. Default: for ever.',
  ),
};

const { local, remote, catalogue: rows } = retentionFields;

/** What is on hold, or not delivered everywhere, is never deleted. */
export const retentionSchema = z
  .strictObject({ local: local.prefault('0d'), remote: remote.optional(), catalogue: rows.optional() })
  .prefault({})
  .describe('How long recordings and what is known of them are kept.');

/** The same of a group: what it does not say is as for all. */
export const groupRetentionSchema = z
  .strictObject({ local: local.optional(), remote: remote.optional(), catalogue: rows.optional() })
  .prefault({})
  .describe('How long recordings of this group are kept; what is left out is as in the section retention.');
