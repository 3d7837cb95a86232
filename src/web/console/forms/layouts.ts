/** Which fields are on which page, in which order. What is not named here is on no page: a test looks after it. */
export interface Part {
  /** Of its words in `parts`. */
  readonly title: string;
  readonly keys: readonly string[];
  /** Shown only when asked for: most never need it. */
  readonly folded?: boolean;
}

/** Of one group. Keys are places within it. */
export const groupParts: readonly Part[] = [
  { title: 'who', keys: ['name', 'members'] },
  {
    title: 'what',
    keys: ['record.incoming', 'record.outgoing', 'record.internal'],
  },
  {
    title: 'told',
    keys: ['announcement.incoming', 'announcement.outgoing', 'announcement.internal', 'language'],
  },
  { title: 'where', keys: ['deliver_to'] },
  {
    title: 'toldMore',
    keys: ['language_by_prefix', 'announcement.early_media', 'announcement.reannounce'],
    folded: true,
  },
  { title: 'numbers', keys: ['never_record', 'always_record', 'skip_announcement'], folded: true },
  {
    title: 'sound',
    keys: ['audio.channels', 'audio.sample_rate', 'pause_limit', 'beep'],
    folded: true,
  },
  {
    title: 'ownRetention',
    keys: ['retention.local', 'retention.remote', 'retention.catalogue'],
    folded: true,
  },
];

/** Of every target: those that most never change. */
export const rareTargetKeys: readonly string[] = [
  'port',
  'ca',
  'domain',
  'region',
  'path_style',
  'encryption',
  'kms_key',
  'object_lock',
  'storage_class',
  'passphrase',
  'sidecar',
  'connections',
  'bandwidth',
  'check_every',
];

export type PageName =
  'groups' | 'announcements' | 'upload' | 'report' | 'alarms' | 'cleanup' | 'storage' | 'system';

/** Where each page is. */
export const pagePaths: Readonly<Record<PageName, string>> = {
  groups: '/groups',
  announcements: '/announcements',
  upload: '/upload',
  report: '/report',
  alarms: '/alarms',
  cleanup: '/clean-up',
  storage: '/storage',
  system: '/system',
};

/** Beside the lists of groups and targets. */
export const pageParts: Readonly<Record<PageName, readonly Part[]>> = {
  groups: [],
  announcements: [{ title: 'promptFolder', keys: ['prompts.path'], folded: true }],
  upload: [
    { title: 'when', keys: ['upload.every', 'upload.windows', 'upload.bandwidth'] },
    { title: 'names', keys: ['naming.file', 'naming.folder'] },
  ],
  report: [
    { title: 'report', keys: ['report.enabled', 'report.files', 'report.language', 'report.deliver'] },
    { title: 'reportMore', keys: ['report.columns', 'report.path'], folded: true },
    { title: 'account', keys: ['reconciliation.cdr', 'reconciliation.cel'] },
  ],
  alarms: [
    { title: 'alarms', keys: ['alarms.email', 'alarms.webhook', 'alarms.webhook_secret'] },
    { title: 'alarmsMore', keys: ['alarms.language', 'alarms.after', 'alarms.remind_every'] },
    { title: 'mail', keys: ['smtp'] },
  ],
  cleanup: [{ title: 'cleanup', keys: ['cleanup.max_duration', 'cleanup.schedule', 'cleanup.mode'] }],
  storage: [
    { title: 'limits', keys: ['storage.warn', 'storage.stop'] },
    { title: 'keeping', keys: ['retention.local', 'retention.remote', 'retention.catalogue'] },
    { title: 'spool', keys: ['spool.path', 'audio.min_duration'] },
  ],
  system: [
    { title: 'asterisk', keys: ['asterisk.ami', 'asterisk.ari'] },
    { title: 'pbx', keys: ['pbx.trunks', 'pbx.timezone'] },
    { title: 'selftest', keys: ['selftest.schedule', 'selftest.email'] },
    { title: 'web', keys: ['web.listen', 'web.tls', 'web.proxies', 'web.open_metrics'], folded: true },
    {
      title: 'oidc',
      keys: ['web.oidc'],
      folded: true,
    },
    { title: 'log', keys: ['log.level', 'log.format', 'catalogue'], folded: true },
  ],
};

/** The page on which a place of the configuration is. */
export function pageOf(path: readonly (string | number)[]): PageName {
  const [section = '', key = ''] = path.map(String);
  if (section === 'groups') return 'groups';
  if (section === 'targets') return 'upload';
  const holds = (keys: readonly string[]): boolean =>
    keys.some((each) => each === section || each === `${section}.${key}`);
  const names = Object.keys(pageParts) as PageName[];
  return (
    names.find((name) => pageParts[name].some(({ keys }) => holds(keys))) ??
    names.find((name) =>
      pageParts[name].some(({ keys }) => keys.some((each) => each.startsWith(`${section}.`))),
    ) ??
    'system'
  );
}

/** What is often wanted where anything may be written. */
export const presets: Readonly<Record<string, readonly string[]>> = {
  'upload.every': ['immediately', '1m', '5m', '15m', '1h', '0 2 * * *'],
  'report.deliver': ['daily', 'monthly'],
  'cleanup.schedule': ['0 3 * * *', '0 * * * *'],
  'selftest.schedule': ['0 6 * * 1', '0 3 * * *'],
};
