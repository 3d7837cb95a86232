/** How smbclient is called. */

/** Which data must be encrypted; all of it is signed in any case. */
export type SmbEncryption = 'required' | 'when-offered' | 'when-required';

export interface SmbSessionOptions {
  readonly host: string;
  readonly port: number;
  readonly share: string;
  readonly domain: string | undefined;
  readonly username: string;
  readonly password: string;
  readonly encryption: SmbEncryption;
  /** Only SMB 1 is spoken, and nobody logs in: to find out whether that is all that a server knows. */
  readonly onlySmb1?: boolean;
}

/** How smb.conf(5) calls it. */
const encryptions = { required: 'required', 'when-offered': 'desired', 'when-required': 'if_required' };

/** Longer than whoever waits for an answer does, and enough for 30 kB/s. */
const requestSeconds = 600;

export function parametersFor(options: SmbSessionOptions): string[] {
  const { host, port, share, domain, username, encryption, onlySmb1 = false } = options;
  const protocol = onlySmb1 ? ['client max protocol=NT1', 'client min protocol=NT1'] : protocolOptions;
  return [
    `//${host}/${share}`,
    `--port=${port}`,
    // What this machine has set for other purposes must not make a difference here.
    '--configfile=/dev/null',
    // Messages go one way, content the other.
    '--stderr',
    '--debuglevel=1',
    // Its own limit holds for one request, which on a slow line waits behind 16 MB of others.
    `--timeout=${requestSeconds}`,
    ...[...protocol, `client smb encrypt=${encryptions[encryption]}`].map((option) => `--option=${option}`),
    ...(domain === undefined ? [] : [`--workgroup=${domain}`]),
    ...(onlySmb1 ? ['--no-pass'] : [`--user=${username}`]),
  ];
}

const protocolOptions = [
  'client min protocol=SMB2_02',
  'client max protocol=SMB3',
  // Nobody on the way can change anything. It also keeps out servers that let anybody in as a guest.
  'client signing=required',
  'name resolve order=host',
];

/** Nothing of our own environment: not the password of another user, nor another language. */
export function environmentFor({ password, onlySmb1 = false }: SmbSessionOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LC_ALL: 'C.UTF-8',
    ...(onlySmb1 ? {} : { PASSWD: password }),
  };
}
