/**
 * The one description of the configuration file: validation, defaults, JSON Schema and the
 * reference documentation are all made of it.
 */
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { packageFolder } from '../package-folder.ts';
import { defaultNameTemplate, placeholders, templateProblems } from '../recording/naming.ts';
import { groupsSchema } from './groups.ts';
import { reconciliationSchema } from './reconciliation.ts';
import { reportSchema } from './report.ts';
import { retentionSchema } from './retention.ts';
import { Secret } from './secret.ts';
import * as sections from './sections.ts';
import { targetsSchema } from './targets.ts';
import { complain, understood, Misunderstood } from './values.ts';
import { webSchema } from './web.ts';

const known = placeholders.map((name) => `{${name}}`).join(' ');

const template = (kind: 'name' | 'folder') =>
  understood((written) => {
    const problems = templateProblems(written, kind);
    return problems.length === 0 ? written : new Misunderstood(`is no template (${problems.join('; ')})`);
  }, `text in which ${known} stand for facts of the recording`);

const namingSchema = z
  .strictObject({
    file: template('name')
      .prefault(defaultNameTemplate)
      .describe(`Template of the file names. In it ${known} stand for facts of the recording.`),
    folder: template('folder')
      .prefault('')
      .describe('Template of the folder at the targets, such as {yyyy}/{MM}/{group}; empty for none.'),
  })
  .prefault({})
  .describe('Names under which recordings are delivered.');

const fields = z.strictObject({
  asterisk: sections.asteriskSchema,
  pbx: sections.pbxSchema,
  spool: sections.spoolSchema,
  prompts: sections.promptsSchema,
  groups: groupsSchema,
  targets: targetsSchema,
  naming: namingSchema,
  audio: sections.audioSchema,
  upload: sections.uploadSchema,
  smtp: sections.smtpSchema,
  alarms: sections.alarmsSchema,
  cleanup: sections.cleanupSchema,
  selftest: sections.selftestSchema,
  storage: sections.storageSchema,
  retention: retentionSchema,
  report: reportSchema,
  reconciliation: reconciliationSchema,
  web: webSchema,
  catalogue: sections.catalogueSchema,
  log: sections.logSchema,
});

type Fields = z.output<typeof fields>;

/** Runs beside faults of form, so that all are told at once: what it reads may be of any kind. */
function checkTargetsKnown(config: Partial<Fields>, context: z.RefinementCtx): void {
  const targets: unknown = config.targets;
  if (!Array.isArray(config.groups) || typeof targets !== 'object' || targets === null) return;
  const names = Object.keys(targets);
  const allowed =
    names.length > 0 ? `one of the targets ${names.join(', ')}` : 'a target; the section targets has none';
  config.groups.forEach((group: Partial<Fields['groups'][number]> | undefined, index) => {
    if (!Array.isArray(group?.deliver_to)) return;
    group.deliver_to.forEach((name, position) => {
      if (typeof name !== 'string' || names.includes(name)) return;
      complain(context, ['groups', index, 'deliver_to', position], 'is not a known target', allowed);
    });
  });
}

/** Runs beside faults of form, as above. */
function checkMailServer(config: Partial<Fields>, context: z.RefinementCtx): void {
  if (config.smtp !== undefined) return;
  if (Array.isArray(config.alarms?.email) && config.alarms.email.length > 0)
    complain(context, ['alarms', 'email'], 'needs a mail server', 'a section smtp beside it');
  if (typeof config.targets !== 'object') return;
  for (const [name, target] of Object.entries<Partial<Fields['targets'][string]> | undefined>(
    config.targets,
  )) {
    if (target?.type === 'email')
      complain(context, ['targets', name, 'type'], 'needs a mail server', 'a section smtp beside it');
  }
}

/**
 * What has to be there before calls are recorded. Without a group, a file is right that the console is to complete. Runs
 * beside faults of form, as above.
 */
function checkRecordable({ groups, asterisk, pbx, web }: Partial<Fields>, context: z.RefinementCtx): void {
  if (!Array.isArray(groups)) return;
  const missing = (path: readonly string[], allowed: string): void =>
    complain(context, path, 'is missing', allowed);
  if (groups.length === 0) {
    if (web !== undefined) return;
    missing(['groups'], 'at least one group; or web: {}, to set up everything in the console');
  }
  if (isSection(asterisk?.ari) && asterisk?.ari.password === undefined)
    missing(['asterisk', 'ari', 'password'], 'password or password_file: Password of that user');
  if (isSection(asterisk?.ami) && asterisk?.ami.secret === undefined)
    missing(['asterisk', 'ami', 'secret'], 'secret or secret_file: Secret of that user');
  if (isSection(pbx) && pbx?.trunks === undefined)
    missing(
      ['pbx', 'trunks'],
      'Endpoints (Technology/name) behind which external parties are. [] if all calls are internal',
    );
}

function isSection(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

interface AnyWeb {
  readonly oidc?: { readonly roles?: { readonly supervisor?: unknown } | null } | null;
}

/** Runs beside faults of form, as above. */
function checkSupervisedGroups({ web, groups }: Partial<Fields>, context: z.RefinementCtx): void {
  const supervisor = (web as AnyWeb | undefined)?.oidc?.roles?.supervisor;
  if (!Array.isArray(groups) || typeof supervisor !== 'object' || supervisor === null) return;
  const names = groups.map((group: Partial<Fields['groups'][number]> | undefined) => group?.name);
  const allowed = names.length > 0 ? `one of the groups ${names.join(', ')}` : 'a group; there is none';
  for (const name of Object.keys(supervisor))
    if (!names.includes(name))
      complain(context, ['web', 'oidc', 'roles', 'supervisor', name], 'is not a known group', allowed);
}

/** What is known of a recording must not go before its files. Runs beside faults of form, as above. */
function checkRetention(config: Partial<Fields>, context: z.RefinementCtx): void {
  const { retention, groups } = config;
  if (typeof retention !== 'object') return;
  const places = Array.isArray(groups) ? groups.map((group, index) => ({ group, index })) : [];
  const check = (own: Partial<Fields['retention']>, path: readonly (string | number)[]) => {
    const { catalogue, ...files } = { ...retention, ...own };
    if (typeof catalogue !== 'number') return;
    for (const key of ['local', 'remote'] as const) {
      const kept = files[key];
      if (typeof kept !== 'number' || kept <= catalogue) continue;
      const problem = `is shorter than ${key}: nobody would know any more what the files are`;
      complain(context, [...path, 'catalogue'], problem, `at least as long as ${key}, or nothing: for ever`);
      return;
    }
  };
  check({}, ['retention']);
  for (const { group, index } of places) {
    const own: unknown = (group as Partial<Fields['groups'][number]> | undefined)?.retention;
    if (typeof own === 'object' && own !== null && Object.keys(own).length > 0)
      check(own, ['groups', index, 'retention']);
  }
}

/** Where the process keeps what it makes itself. */
function stateFolder({ catalogue }: Fields): string {
  return catalogue.type === 'sqlite' ? dirname(catalogue.path) : '/var/lib/mitschnitt';
}

const noSecret = new Secret('');

/** The announcements of the package. */
const builtInPrompts = join(packageFolder, 'sounds');

/**
 * Who names a folder has all announcements in it: where one is missing nothing is played in its place, since nobody
 * approved that. Who names none has those of the package, and in the place of some of them perhaps their own; where one
 * of these is gone, it is missing as well.
 */
function promptFolders(config: Fields) {
  const { path } = config.prompts;
  const played = join(config.spool.path, 'prompts', 'own.json');
  return path === undefined
    ? { path: join(stateFolder(config), 'prompts'), builtIn: builtInPrompts, played }
    : { path, builtIn: undefined, played };
}

/** Fills in the defaults that depend on other keys or on the machine. */
function complete(config: Fields) {
  const { ari, ami } = config.asterisk;
  return {
    ...config,
    // Asterisk refuses a login without password, and that is told.
    asterisk: {
      ari: { ...ari, password: ari.password ?? noSecret },
      ami: { ...ami, secret: ami.secret ?? noSecret },
    },
    pbx: {
      ...config.pbx,
      trunks: config.pbx.trunks ?? [],
      timezone: config.pbx.timezone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    prompts: promptFolders(config),
    alarms: { ...config.alarms, language: config.alarms.language ?? config.report.language },
    report: { ...config.report, path: config.report.path ?? `${config.spool.path}/report` },
  };
}

export const configSchema = fields
  .check(z.superRefine(checkTargetsKnown, { when: () => true }))
  .check(z.superRefine(checkRecordable, { when: () => true }))
  .check(z.superRefine(checkMailServer, { when: () => true }))
  .check(z.superRefine(checkSupervisedGroups, { when: () => true }))
  .check(z.superRefine(checkRetention, { when: () => true }))
  .transform(complete)
  .meta({ title: 'Configuration of Mitschnitt' });

/** The configuration as the program reads it: durations in ms, sizes in bytes, percentages as fractions. */
export type Config = z.output<typeof configSchema>;
export type GroupConfig = Config['groups'][number];
