/** The section `targets`: where recordings are delivered. */
import { z } from 'zod';

import { readHostKey } from './host-key.ts';
import {
  absolutePath,
  complain,
  duration,
  emailAddress,
  host,
  matching,
  port,
  rate,
  remotePath,
  secret,
  size,
  text,
  understood,
  webAddress,
  wholeNumber,
} from './values.ts';

/** What every kind of target has. */
const common = {
  connections: wholeNumber(1, 32)
    .default(3)
    .describe('How many recordings it gets at the same time, each over a connection of its own.'),
  bandwidth: rate().optional().describe('The most that is sent to it; a size per second such as 2MB/s.'),
  sidecar: z
    .boolean()
    .default(false)
    .describe(
      'Whether it gets, after each recording, a file of the same name with .json that has all that is known of it.',
    ),
  check_every: duration('10s')
    .prefault('5m')
    .describe(
      'How often the connection to the target is checked, by writing, reading back and removing a small file; a duration.',
    ),
};

const username = () => text().describe('Name to log in with.');
const server = () => host().describe('Host name or IP address of the server.');
const folderOnServer = () =>
  remotePath().describe('Folder on the server below which the recordings are stored.');

const ca = () =>
  absolutePath()
    .optional()
    .describe('PEM file of the authority that signed the certificate of the server, if it is no public one.');

const folder = z
  .strictObject({
    type: z.literal('folder').describe('A folder of this machine.'),
    path: absolutePath().describe('The folder; an absolute path.'),
    ...common,
  })
  .describe('A folder of this machine.');

/** Port of FTP, and of FTP with TLS from the first byte. */
const ftpPorts = { none: 21, explicit: 21, implicit: 990 } as const;

const ftp = z
  .strictObject({
    type: z.literal('ftp').describe('An FTP server.'),
    host: server(),
    port: port().optional().describe('Port of the server. Default: 21, with tls: implicit 990.'),
    tls: z
      .enum(['none', 'explicit', 'implicit'])
      .default('explicit')
      .describe(
        'Encryption: explicit (by AUTH TLS), implicit (from the first byte), or none: password and audio can then be read on the way.',
      ),
    ca: ca(),
    username: username(),
    password: secret('Password to log in with.'),
    path: folderOnServer(),
    ...common,
  })
  .describe('An FTP server, with or without TLS.')
  .transform((target) => ({ ...target, port: target.port ?? ftpPorts[target.tls] }));

const smb = z
  .strictObject({
    type: z.literal('smb').describe('A Windows or Samba share.'),
    host: server(),
    port: port().default(445).describe('Port of the server.'),
    share: matching(/^[^\\/:*?"<>|\p{Cc}]{1,80}$/u, 'the name of a share').describe('Name of the share.'),
    path: matching(/^[^:*?"<>|\p{Cc}]{0,1000}$/u, 'a folder of the share, without : * ? " < > |')
      .prefault('')
      .describe('Folder of the share below which the recordings are stored.'),
    domain: text(64).optional().describe('Windows domain or workgroup of the user.'),
    // smbclient takes what is behind a % for a password.
    username: matching(/^[^%\p{Cc}]{1,255}$/u, 'text of 1 to 255 characters in one line, without %').describe(
      'Name to log in with.',
    ),
    password: secret('Password to log in with.'),
    encryption: z
      .enum(['required', 'when-offered', 'when-required'])
      .default('when-offered')
      .describe(
        'Encryption: required (other servers are refused), when-offered (wherever the server can), or when-required (only where it insists: audio can then be read on the way). Nothing can be changed on the way in any case.',
      ),
    ...common,
  })
  .describe('A Windows or Samba share (SMB 2 or 3); needs the program smbclient.');

const sftp = z
  .strictObject({
    type: z.literal('sftp').describe('An SSH server with SFTP.'),
    host: server(),
    port: port().default(22).describe('Port of the server.'),
    username: username(),
    password: secret('Password to log in with.').optional(),
    private_key: secret('Private key to log in with, in OpenSSH or PEM format.').optional(),
    passphrase: secret('Passphrase of the private key, if it is protected.').optional(),
    host_key: understood(
      readHostKey,
      'a fingerprint such as SHA256:…, as ssh-keygen -l prints it, or a public key such as ssh-ed25519 AAAA…',
    ).describe(
      "The server's public key or its SHA-256 fingerprint (ssh-keyscan and ssh-keygen -l print them): any other server is refused.",
    ),
    path: folderOnServer(),
    ...common,
  })
  .check(
    z.superRefine(({ password, private_key }, context) => {
      if (password === undefined && private_key === undefined)
        complain(context, [], 'has nothing to log in with', 'password, private_key or private_key_file');
    }),
  )
  .describe('An SSH server with SFTP.');

const s3Lock = z
  .strictObject({
    mode: z
      .enum(['governance', 'compliance'])
      .optional()
      .describe('compliance: nobody can remove an object before its time; governance: only who may do so.'),
    retention: duration('1s')
      .optional()
      .describe('How long, from the transfer on; a duration such as 3650d.'),
    legal_hold: z.boolean().default(false).describe('Whether to keep it until somebody takes the hold off.'),
  })
  .check(
    z.superRefine(({ mode, retention, legal_hold }, context) => {
      if (mode === undefined && retention === undefined && !legal_hold)
        complain(context, [], 'locks nothing', 'mode and retention, or legal_hold: true');
      if ((mode === undefined) !== (retention === undefined))
        complain(context, [], 'is incomplete', 'mode and retention together');
    }),
  );

const s3 = z
  .strictObject({
    type: z.literal('s3').describe('An S3 bucket.'),
    endpoint: webAddress(['https', 'http'])
      .optional()
      .describe('Address of the service, if it is not Amazon.'),
    region: text(64).default('us-east-1').describe('Region of the bucket.'),
    bucket: matching(/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/, 'the name of a bucket').describe(
      'Name of the bucket.',
    ),
    path_style: z
      .boolean()
      .optional()
      .describe(
        'Whether the bucket is named in the path of addresses and not in the host. Default: true with endpoint, else false.',
      ),
    ca: ca(),
    access_key: text().describe('Name of the access key.'),
    secret_key: secret('The secret that belongs to the access key.'),
    path: remotePath().describe('Beginning of the names of all objects, as a folder.'),
    encryption: z
      .enum(['AES256', 'aws:kms'])
      .optional()
      .describe('What the service encrypts the objects with. Default: what the bucket is set to.'),
    kms_key: text(2048)
      .optional()
      .describe(
        'Key that the service encrypts with, with encryption: aws:kms. Default: that of the account.',
      ),
    object_lock: s3Lock
      .optional()
      .describe(
        'Keeps recordings from being removed or replaced; the bucket must have object lock turned on.',
      ),
    storage_class: matching(/^[A-Z][A-Z0-9_]{1,63}$/, 'a storage class such as STANDARD_IA')
      .optional()
      .describe('Storage class of the objects. Default: that of the service.'),
    ...common,
  })
  .check(
    z.superRefine(({ encryption, kms_key }, context) => {
      if (kms_key !== undefined && encryption !== 'aws:kms')
        complain(context, ['kms_key'], 'is not used', 'encryption: aws:kms beside it');
    }),
  )
  .describe('A bucket of Amazon S3 or a service like it.')
  .transform((target) => ({ ...target, path_style: target.path_style ?? target.endpoint !== undefined }));

const webdav = z
  .strictObject({
    type: z.literal('webdav').describe('A WebDAV server.'),
    url: webAddress(['https', 'http']).describe('Address of the WebDAV folder; it must exist.'),
    ca: ca(),
    username: username(),
    password: secret('Password to log in with.'),
    path: folderOnServer(),
    ...common,
  })
  .describe('A WebDAV server such as Nextcloud.');

const email = z
  .strictObject({
    type: z
      .literal('email')
      .describe('E-mail with the recording attached, through the server of the section smtp.'),
    to: z.array(emailAddress()).min(1, 'at least one address').describe('Who gets the recordings.'),
    max_size: size()
      .prefault('20MB')
      .describe(
        'A recording whose message would be larger is not sent and is set aside; a size. It is that of the message as mail servers count it: attached, a file grows by 37 %, so that 20MB are a file of 14.6 MB, 15 minutes of telephone audio, or an hour of it in Ogg Opus.',
      ),
    format: z
      .enum(['wav', 'opus'])
      .default('wav')
      .describe(
        'What is attached: wav, the recording itself, or opus, a copy of it in Ogg Opus, a fifth as large or less. It needs ffmpeg on this machine (Debian, Ubuntu: apt install ffmpeg). Other targets get the recording itself all the same: a copy is no evidence.',
      ),
    ...common,
  })
  .describe('E-mail with the recording attached, through the mail server of the section smtp.');

const target = z.discriminatedUnion('type', [folder, ftp, smb, sftp, s3, webdav, email]);

export const targetsSchema = z
  .record(matching(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u, 'a name of letters, digits, . _ and -'), target)
  .default({})
  .describe('Where recordings are delivered: one entry per target, under a name of your choice.');
