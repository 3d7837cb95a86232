import type { AddressInfo } from 'node:net';
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

/** An SSH server that is not OpenSSH: it takes 32 KB in one request, and knows no extensions. It keeps files in memory. */
export interface OtherSshServer {
  readonly host: string;
  readonly port: number;
  /** As in a file of known hosts. */
  readonly hostKey: string;
  readonly files: ReadonlyMap<string, Buffer>;
  stop(): Promise<void>;
}

export async function startOtherSsh(): Promise<OtherSshServer> {
  const files = new Map<string, Buffer>();
  const key = ssh2.utils.generateKeyPairSync('ed25519');
  const server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (login) => {
      login.accept();
    });
    client.on('session', (accept) => {
      accept().on('sftp', (begin) => {
        serve(begin(), files);
      });
    });
  });
  const host = '127.0.0.1';
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { host, port, hostKey: key.public, files, stop };
}

function serve(sftp: SFTPWrapper, files: Map<string, Buffer>): void {
  const attributesOf = (path: string): Attributes | undefined => {
    const size = path === '/' ? 0 : files.get(path)?.length;
    const mode = path === '/' ? 0o040755 : 0o100644;
    return size === undefined ? undefined : { mode, uid: 0, gid: 0, size, atime: 0, mtime: 0 };
  };
  const look = (id: number, path: string) => {
    const found = attributesOf(path);
    if (found) sftp.attrs(id, found);
    else sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
  };
  sftp.on('REALPATH', (id) => {
    sftp.name(id, [{ filename: '/', longname: '/', attrs: {} as Attributes }]);
  });
  sftp.on('STAT', look);
  sftp.on('LSTAT', look);
  sftp.on('OPEN', (id, path, flags) => {
    if ((flags & OPEN_MODE.CREAT) !== 0) files.set(path, Buffer.alloc(0));
    sftp.handle(id, Buffer.from(path));
  });
  sftp.on('WRITE', (id, handle, offset, data) => {
    const path = handle.toString();
    const had = files.get(path) ?? Buffer.alloc(0);
    const has = Buffer.alloc(Math.max(had.length, offset + data.length));
    had.copy(has);
    data.copy(has, offset);
    files.set(path, has);
    sftp.status(id, STATUS_CODE.OK);
  });
  sftp.on('RENAME', (id, from, to) => {
    files.set(to, files.get(from) ?? Buffer.alloc(0));
    files.delete(from);
    sftp.status(id, STATUS_CODE.OK);
  });
  sftp.on('CLOSE', (id) => {
    sftp.status(id, STATUS_CODE.OK);
  });
}
