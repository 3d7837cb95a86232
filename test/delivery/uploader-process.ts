// A process that uploads until it is killed: prints a line for every delivery.
import { join } from 'node:path';

import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { FtpTarget } from '../../src/delivery/ftp.ts';
import { Uploader } from '../../src/delivery/uploader.ts';

export interface UploaderProcess {
  /** Folder of a Workplace. */
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

const { path, host, port, username, password } = JSON.parse(process.argv[2] ?? '') as UploaderProcess;
const ledger = new SqliteCatalogue({ path: join(path, 'catalogue.db') });
await ledger.open();
const settings = { type: 'ftp', host, port, tls: 'none', username, path: '' } as const;
new Uploader({
  ledger,
  targets: [new FtpTarget('archiv', { ...settings, password: { reveal: () => password } })],
  schedule: 'immediately',
  localFile: (recording) => join(path, 'transfer', `${recording}.wav`),
  report: ({ type }) => process.stdout.write(`${type}\n`),
}).start();
