import { SmtpMailer, type SmtpSettings } from '../mail/smtp.ts';
import { EmailTarget, type EmailSettings } from './email.ts';
import { FolderTarget, type FolderSettings } from './folder.ts';
import { FtpTarget, type FtpSettings } from './ftp.ts';
import { S3Target, type S3Settings } from './s3.ts';
import { SftpTarget, type SftpSettings } from './sftp.ts';
import { SmbTarget, type SmbSettings } from './smb.ts';
import type { Target } from './target.ts';
import { WebDavTarget, type WebDavSettings } from './webdav.ts';

/** Every kind of target, by the `type` in its settings. A new one is a line here. */
const kinds = {
  email: (name: string, settings: EmailSettings & { readonly smtp: SmtpSettings }) =>
    new EmailTarget(name, settings, new SmtpMailer(settings.smtp)),
  folder: (name: string, settings: FolderSettings) => new FolderTarget(name, settings),
  ftp: (name: string, settings: FtpSettings) => new FtpTarget(name, settings),
  smb: (name: string, settings: SmbSettings) => new SmbTarget(name, settings),
  s3: (name: string, settings: S3Settings) => new S3Target(name, settings),
  sftp: (name: string, settings: SftpSettings) => new SftpTarget(name, settings),
  webdav: (name: string, settings: WebDavSettings) => new WebDavTarget(name, settings),
};

export type TargetKind = keyof typeof kinds;
type SettingsOf = { [Kind in TargetKind]: Parameters<(typeof kinds)[Kind]>[1] };

const makers: { [Kind in TargetKind]: (name: string, settings: SettingsOf[Kind]) => Target } = kinds;

/** Makes a target; it connects only when it is used. */
export function createTarget<Kind extends TargetKind>(
  name: string,
  settings: SettingsOf[Kind] & { readonly type: Kind },
): Target {
  const kind: Kind = settings.type;
  return makers[kind](name, settings);
}
