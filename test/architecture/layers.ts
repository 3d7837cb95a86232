import { posix } from 'node:path';

import { readSource, type Import } from './source.ts';

type LayerName =
  | 'core'
  | 'port'
  | 'log'
  | 'package'
  | 'config'
  | 'application'
  | 'adapter'
  | 'service'
  | 'part of targets'
  | 'table of targets'
  | 'web'
  | 'entry';

interface Layer {
  readonly name: LayerName;
  /** Paths below src/; `folder/` means everything in it. A file belongs to the first layer that lists it. */
  readonly files: readonly string[];
  readonly mayImport: readonly LayerName[];
  /** Layers of which only types may be imported. */
  readonly mayImportTypesOf?: readonly LayerName[];
  /** `node:` modules and packages; without them the layer is also held to have no clock and no randomness. */
  readonly outside: boolean;
  readonly exportsOnlyTypes?: true;
}

/** Who may import whom. */
const LAYERS: readonly Layer[] = [
  {
    name: 'core',
    files: ['call/', 'recording/', 'errors.ts', 'error-words.ts'],
    mayImport: ['core'],
    outside: false,
  },
  {
    name: 'port',
    files: [
      'asterisk/pbx.ts',
      'delivery/target.ts',
      'catalogue/catalogue.ts',
      'catalogue/retention-ledger.ts',
      'catalogue/console-ledger.ts',
      'catalogue/self-test-ledger.ts',
      'catalogue/account-ledger.ts',
    ],
    // The catalogue's is in several files.
    mayImport: ['port', 'core'],
    outside: false,
    exportsOnlyTypes: true,
  },
  {
    // A port that those who implement another one use as well.
    name: 'service',
    files: ['mail/mail.ts'],
    mayImport: ['core'],
    outside: false,
    exportsOnlyTypes: true,
  },
  {
    // Everyone but the pure parts may tell what happens; the log knows nobody.
    name: 'log',
    files: ['log.ts'],
    mayImport: ['core'],
    outside: true,
  },
  {
    // Where the files lie that come with the program.
    name: 'package',
    files: ['package-folder.ts'],
    mayImport: [],
    outside: true,
  },
  {
    name: 'config',
    files: ['config/'],
    mayImport: ['config', 'package', 'core'],
    outside: true,
  },
  {
    name: 'table of targets',
    files: ['delivery/targets.ts'],
    mayImport: ['adapter', 'port', 'log', 'core'],
    mayImportTypesOf: ['config'],
    outside: true,
  },
  {
    // What every target does alike: waiting with a limit, reading the local file, naming and explaining things.
    name: 'part of targets',
    files: [
      ...['delivery/time-limit.ts', 'delivery/local-file.ts', 'delivery/own-names.ts'],
      ...['delivery/target-errors.ts', 'delivery/socket-errors.ts', 'delivery/own-authority.ts'],
      'delivery/received.ts',
    ],
    mayImport: ['part of targets', 'port', 'core'],
    outside: true,
  },
  {
    name: 'application',
    files: [
      ...[
        'recorder.ts',
        'clock-steps.ts',
        'gate-times.ts',
        'collector.ts',
        'bookkeeper.ts',
        'recovery.ts',
        'cleanup.ts',
        'cleanup-report.ts',
        'watch-mark.ts',
        'control-socket.ts',
        'controls.ts',
        'status.ts',
        'spool/',
        'report/',
        'reconciliation/',
        'alarms/',
        'selftest/',
        'retention/',
      ],
      ...[
        'uploads.ts',
        'delivery/uploader.ts',
        'delivery/shifts.ts',
        'delivery/courier.ts',
        'delivery/due-queue.ts',
        'delivery/courier-options.ts',
        'delivery/attempt.ts',
      ],
      ...[
        'delivery/retry.ts',
        'delivery/lanes.ts',
        'delivery/delivery-notes.ts',
        'delivery/windows.ts',
        'delivery/throttle.ts',
      ],
      ...['delivery/upload-events.ts', 'delivery/progress.ts', 'delivery/rate.ts', 'delivery/clock.ts'],
      ...[
        'delivery/local-files.ts',
        'delivery/sidecar.ts',
        'delivery/connection-checks.ts',
        'delivery/explained.ts',
      ],
    ],
    mayImport: ['application', 'port', 'service', 'log', 'core'],
    mayImportTypesOf: ['config'],
    outside: true,
  },
  {
    name: 'web',
    files: ['web/'],
    mayImport: ['web', 'log', 'core'],
    // Users and the audit log are the catalogue's: its port says what there is.
    mayImportTypesOf: ['config', 'port'],
    outside: true,
  },
  {
    name: 'entry',
    files: [
      'main.ts',
      'assemble.ts',
      'assemble-alarms.ts',
      'assemble-audit.ts',
      'assemble-calls.ts',
      'assemble-catalogue.ts',
      'assemble-checks.ts',
      'assemble-cleanup.ts',
      'assemble-copies.ts',
      'assemble-delivery.ts',
      'assemble-office.ts',
      'assemble-oidc.ts',
      'assemble-reconciliation.ts',
      'assemble-report.ts',
      'assemble-retention.ts',
      'assemble-selftest.ts',
      'assemble-web.ts',
      'assemble-web/',
      'version.ts',
      'cli/',
    ],
    mayImport: [
      'entry',
      'web',
      'table of targets',
      'adapter',
      'application',
      'config',
      'port',
      'service',
      'log',
      'package',
      'core',
    ],
    outside: true,
  },
  {
    // Each sees its own family and its own port only: see familyOf.
    name: 'adapter',
    files: ['asterisk/', 'delivery/', 'catalogue/', 'mail/'],
    mayImport: ['adapter', 'part of targets', 'port', 'service', 'log', 'package', 'core'],
    mayImportTypesOf: ['config'],
    outside: true,
  },
];

export interface SourceFile {
  /** Below src/, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Every breach of the table, as `file:line: rule`. */
export function breaches(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const layer = layerOf(path);
    if (!layer)
      return [`${path}:1: belongs to no layer: say in test/architecture/layers.ts what it may import`];
    const source = readSource(path, text);
    const found: { line: number; rule: string }[] = source.imports.flatMap((imported) => {
      const rule = judgeImport(path, layer, imported);
      return rule === undefined ? [] : [{ line: imported.line, rule }];
    });
    if (!layer.outside) {
      found.push(
        ...source.ambient.map(({ name, line }) => ({ line, rule: `${layer.name} must not use ${name}` })),
      );
    }
    if (layer.exportsOnlyTypes) {
      const rule = (name: string) => `a ${layer.name} exports types only, not ${name}`;
      found.push(...source.valueExports.map(({ name, line }) => ({ line, rule: rule(name) })));
    }
    return found.map(({ line, rule }) => `${path}:${line}: ${rule}`);
  });
}

function layerOf(path: string): Layer | undefined {
  return LAYERS.find(({ files }) =>
    files.some((pattern) => (pattern.endsWith('/') ? path.startsWith(pattern) : path === pattern)),
  );
}

function judgeImport(path: string, layer: Layer, { specifier, typeOnly }: Import): string | undefined {
  if (!specifier.startsWith('.')) {
    return layer.outside ? undefined : `${layer.name} must not import from outside: ${specifier}`;
  }
  const target = posix.join(posix.dirname(path), specifier);
  const targetLayer = layerOf(target);
  if (!targetLayer) return `${target} belongs to no layer`;
  const allowed =
    layer.mayImport.includes(targetLayer.name) ||
    (typeOnly && (layer.mayImportTypesOf?.includes(targetLayer.name) ?? false));
  if (!allowed) return `${layer.name} must not import ${targetLayer.name}: ${target}`;
  if (layer.name === 'adapter' && targetLayer.name === 'adapter' && familyOf(path) !== familyOf(target)) {
    return `an adapter must not see another: ${target}`;
  }
  if (layer.name === 'adapter' && targetLayer.name === 'port' && posix.dirname(target) !== folderOf(path)) {
    return `an adapter implements one port, not also ${target}`;
  }
  return undefined;
}

/** Asterisk and the catalogue are one adapter of several files each; in delivery/, ftp.ts and ftp-*.ts are one. */
function familyOf(path: string): string {
  const [folder = '', name = ''] = path.split('/');
  return folder === 'delivery' ? `${folder}/${name.split(/[-.]/)[0] ?? name}` : folder;
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
}
