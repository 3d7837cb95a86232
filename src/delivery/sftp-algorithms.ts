/** Which algorithms an SSH connection may use, and what a server offers that has none of them. */

/** Best first. Nothing that is broken is in here; SHA-1 and CBC are what old servers and appliances have. */
export const sshAlgorithms = {
  kex: [
    ...['curve25519-sha256', 'curve25519-sha256@libssh.org'],
    ...['ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521'],
    ...['diffie-hellman-group-exchange-sha256', 'diffie-hellman-group14-sha256'],
    ...['diffie-hellman-group16-sha512', 'diffie-hellman-group18-sha512', 'diffie-hellman-group14-sha1'],
  ],
  serverHostKey: [
    ...['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
    ...['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
  ],
  cipher: [
    ...['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
    ...['chacha20-poly1305@openssh.com', 'aes256-cbc', 'aes192-cbc', 'aes128-cbc'],
  ],
  hmac: [
    ...['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha1-etm@openssh.com'],
    ...['hmac-sha2-256', 'hmac-sha2-512', 'hmac-sha1'],
  ],
} as const;

export type HostKeyAlgorithm = (typeof sshAlgorithms.serverHostKey)[number];

/** These bring their own integrity check: no MAC is agreed on (RFC 5647). */
const withoutMac = /gcm|poly1305/;

/** Signatures that an RSA key can make (RFC 8332): all of them are the one key of type `ssh-rsa`. */
const rsaSignatures: readonly string[] = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'];

/** The ways to prove the possession of a key of `type`. */
export function signaturesOf(type: string): readonly string[] {
  return type === 'ssh-rsa' ? rsaSignatures : [type];
}

/** What a server says before anything is agreed on. */
export interface SshGreeting {
  readonly kex: readonly string[];
  readonly serverHostKey: readonly string[];
  readonly cipher: readonly string[];
  readonly hmac: readonly string[];
}

/** SSH_MSG_KEXINIT. */
const kexInit = 20;
/** Where its lists begin: after the lengths of packet (4) and padding (1), the message number (1), the cookie (16). */
const listsAt = 22;

/** Whether it is SSH at all. Lines of text may come before the one that says so (RFC 4253, 4.2). */
export function isSsh(received: Buffer): boolean {
  return endOfVersion(received) !== undefined;
}

function endOfVersion(received: Buffer): number | undefined {
  const found = /(?:^|\n)SSH-[12]\.[^\n]*\n/.exec(received.toString('latin1'));
  return found ? found.index + found[0].length : undefined;
}

/** The algorithms in the first bytes of a server (RFC 4253, 6 and 7.1); undefined as long as they are not all there. */
export function greetingOf(received: Buffer): SshGreeting | undefined {
  const packet = received.subarray(endOfVersion(received) ?? received.length);
  if (packet.length < listsAt || packet[5] !== kexInit) return undefined;
  const lists: string[][] = [];
  for (let at = listsAt; lists.length < 5;) {
    if (at + 4 > packet.length) return undefined;
    const end = at + 4 + packet.readUInt32BE(at);
    if (end > packet.length) return undefined;
    lists.push(packet.toString('latin1', at + 4, end).split(','));
    at = end;
  }
  // Client to server; the other way is the same with every server.
  const [kex = [], serverHostKey = [], cipher = [], , hmac = []] = lists;
  return { kex, serverHostKey, cipher, hmac };
}

const namesOfKinds = {
  kex: 'key exchanges',
  serverHostKey: 'types of host keys',
  cipher: 'ciphers',
  hmac: 'integrity checks (MACs)',
} as const;

/** What a server offers of a kind of which nothing is known here, in words; undefined when all could be agreed on. */
export function nothingInCommon(greeting: SshGreeting): string | undefined {
  for (const kind of ['kex', 'serverHostKey', 'cipher', 'hmac'] as const) {
    const known: readonly string[] = sshAlgorithms[kind];
    const common = known.find((each) => greeting[kind].includes(each));
    if (common === undefined) return `${namesOfKinds[kind]} ${greeting[kind].join(', ')}`;
    if (kind === 'cipher' && withoutMac.test(common)) return undefined;
  }
  return undefined;
}
