import { createSecretKey, randomFillSync } from 'node:crypto';
import type SftpClient from 'ssh2-sftp-client';

/** What ssh2 1.17 has inside. AES-GCM keeps its key as bytes. */
interface Internals {
  readonly client?: {
    readonly _protocol?: {
      readonly _cipher?: { _encKey?: unknown; allocPacket?: unknown };
      readonly _decipher?: { _decKey?: unknown };
    };
  };
}

/** Random bytes that are made at once, for some hundred packets. */
const paddingBytes = 8_192;
const blockBytes = 16;
const leastPadding = 4;
/** Length of a packet and of its padding. */
const headBytes = 5;

/**
 * Has Node import the keys of a connection once, not for every packet: that took 26 us of 34 for each, and half of the
 * time of a small file. Random bytes for padding are made for many packets at once, for the same reason. What is not as
 * it was in ssh2 1.17 stays as it is: slower, and right.
 */
export function importKeys(client: SftpClient): void {
  const { _cipher: cipher, _decipher: decipher } = (client as Internals).client?._protocol ?? {};
  if (Buffer.isBuffer(cipher?._encKey)) {
    cipher._encKey = createSecretKey(cipher._encKey);
    if (typeof cipher.allocPacket === 'function') cipher.allocPacket = packetsWithPadding();
  }
  if (Buffer.isBuffer(decipher?._decKey)) decipher._decKey = createSecretKey(decipher._decKey);
}

/** Makes packets for AES-GCM (RFC 5647, 7.2; RFC 4253, 6), as ssh2 does: the tag goes behind them. */
function packetsWithPadding(): (payload: number) => Buffer {
  const random = Buffer.alloc(paddingBytes);
  let used = paddingBytes;
  return (payload) => {
    // All but the length of the packet is encrypted, in whole blocks.
    const rest = blockBytes - ((1 + payload) % blockBytes);
    const padding = rest < leastPadding ? rest + blockBytes : rest;
    if (used + padding > random.length) {
      randomFillSync(random);
      used = 0;
    }
    const packet = Buffer.allocUnsafe(headBytes + payload + padding);
    packet.writeUInt32BE(1 + payload + padding);
    packet[headBytes - 1] = padding;
    random.copy(packet, headBytes + payload, used, used + padding);
    used += padding;
    return packet;
  };
}
