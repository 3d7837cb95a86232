import type { TargetKind } from '../../src/delivery/targets.ts';
import type { Fixture } from './contract.ts';
import { email } from './email.fixture.ts';
import { folder } from './folder.fixture.ts';
import { ftp } from './ftp.fixture.ts';
import { smb } from './smb.fixture.ts';
import { s3 } from './s3.fixture.ts';
import { sftp } from './sftp.fixture.ts';
import { webdav } from './webdav.fixture.ts';

const byLogin = (fixture: Fixture): Fixture => ({ ...fixture, differsIn: 'login' });

/** How every kind of target is tried, in one or several variants: the compiler demands it. */
export const fixtures: Readonly<Record<TargetKind, Readonly<Record<string, Fixture>>>> = {
  email: {
    'E-mail with STARTTLS': email('required'),
    'E-mail with implicit TLS': byLogin(email('implicit')),
  },
  folder: { 'a folder of this machine': folder() },
  ftp: {
    'FTP without TLS': ftp('none'),
    'FTP with explicit TLS': ftp('explicit'),
    'FTP with implicit TLS': ftp('implicit'),
    'FTP by proftpd without TLS': byLogin(ftp('none', 'proftpd')),
    'FTP by proftpd with explicit TLS': ftp('explicit', 'proftpd'),
  },
  smb: {
    'SMB with default security': smb('default'),
    'SMB with mandatory signing': smb('signing'),
    'SMB 3.1.1 with required encryption': smb('encryption'),
  },
  s3: {
    'S3 without TLS': s3(false),
    'S3 with TLS': s3(true),
  },
  sftp: {
    'SFTP with a password': sftp('password'),
    'SFTP with a password as the answer to a question': byLogin(sftp('keyboard')),
    'SFTP with a protected key': byLogin(sftp('key')),
  },
  webdav: {
    'WebDAV with a basic login': webdav('basic', false),
    'WebDAV with a digest login': byLogin(webdav('digest', false)),
    'WebDAV with TLS': webdav('basic', true),
  },
};
