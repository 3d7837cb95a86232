// A process that uploads until it is killed: prints a line for every delivery.
import { FtpTarget } from '../../src/delivery/ftp.ts';
import { Uploader } from '../../src/delivery/uploader.ts';
import { Workplace } from './workplace.ts';

export interface UploaderProcess {
  /** Folder of a Workplace. */
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

const { path, host, port, username, password } = JSON.parse(process.argv[2] ?? '') as UploaderProcess;
const work = await Workplace.open(path);
const settings = { type: 'ftp', host, port, tls: 'none', username, path: '' } as const;
new Uploader({
  ...work.options,
  targets: [
    {
      name: 'archiv',
      create: () => new FtpTarget('archiv', { ...settings, password: { reveal: () => password } }),
      connections: 3,
      sidecar: false,
      bandwidth: undefined,
    },
  ],
  report: ({ type }) => {
    if (type !== 'started' && type !== 'progress') process.stdout.write(`${type}\n`);
  },
}).start();
