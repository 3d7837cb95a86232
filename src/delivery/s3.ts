import { createHash, hash } from 'node:crypto';
import { posix } from 'node:path';

import { MitschnittError } from '../errors.ts';
import { FileMemory, OpenRecording } from './local-file.ts';
import { readAuthority } from './own-authority.ts';
import { newProbeName } from './own-names.ts';
import { base64Of, S3Bucket, type S3Properties } from './s3-bucket.ts';
import { openS3, type S3Body } from './s3-connection.ts';
import { received } from './received.ts';
import { aborted, contentDiffers, fileMissing, nameTaken, targetError } from './target-errors.ts';
import type { Stored, Target, TargetPath, Upload } from './target.ts';

/** A bucket of Amazon S3 or of a service with the same interface. */
export interface S3Settings {
  readonly type: 's3';
  /** URL of the service; undefined: Amazon. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly bucket: string;
  readonly access_key: string;
  readonly secret_key: { reveal(): string };
  /** Beginning of the names of all objects, as a folder. */
  readonly path: string;
  /** Whether the bucket is named in the path and not in the host of the URL. */
  readonly path_style: boolean;
  /** PEM file of the authority that signed the server's certificate, if it is no public one. */
  readonly ca?: string | undefined;
  /** What the service is asked to encrypt the objects with; undefined: as the bucket has it. */
  readonly encryption?: 'AES256' | 'aws:kms' | undefined;
  /** Name of the key for `aws:kms`, if not the one of the account. */
  readonly kms_key?: string | undefined;
  readonly object_lock?: S3Lock | undefined;
  readonly storage_class?: string | undefined;
}

/** What keeps an object from being removed or replaced. */
export interface S3Lock {
  /** `compliance`: by nobody; `governance`: but by those with a right of their own. */
  readonly mode?: 'governance' | 'compliance' | undefined;
  /** From the transfer on. */
  readonly retention?: number | undefined;
  /** Until somebody takes it off. */
  readonly legal_hold: boolean;
}

export interface S3Limits {
  /** For the answer to one request, and for a transfer without any progress. */
  readonly answerMs: number;
  /** For putting together an object of many parts, which the service does by itself. */
  readonly assembleMs: number;
  /** For telling the service to forget what has failed. */
  readonly discardMs: number;
  /** A connection that was idle for longer is not used again. */
  readonly idleMs: number;
  /** A file above this is sent in parts of at least this size; S3 takes no smaller ones than 5 MiB. */
  readonly partBytes: number;
}

export const s3Limits: S3Limits = {
  answerMs: 30_000,
  assembleMs: 300_000,
  discardMs: 5_000,
  idleMs: 4_000,
  partBytes: 8 * 1024 * 1024,
};

/** A file up to this size is sent without a look at its name before, where that is safe. */
const sentUnseenBytes = 256 * 1024;
/** Under which an object says what it was made of. */
const digestKey = 'sha256';
/** For those who listen to an object in a browser. */
const contentTypes: Readonly<Record<string, string>> = { '.wav': 'audio/wav', '.json': 'application/json' };

/**
 * Stores files as objects. An object appears when it is complete, so that none needs a temporary name, and is only made
 * where the name is free: that is asked for with the request, and looked at before as well unless the service was seen to
 * honour it. Each request is signed with the SHA-256 of what it carries; what arrived is compared by size, and by SHA-256
 * where the service tells it.
 */
export class S3Target implements Target {
  readonly name: string;
  readonly #settings: S3Settings;
  readonly #limits: S3Limits;
  readonly #probe = newProbeName();
  readonly #memory = new FileMemory();
  #bucket: S3Bucket | undefined;
  /** Whether a file was looked for in this session. */
  #looked = false;

  constructor(name: string, settings: S3Settings, limits: S3Limits = s3Limits) {
    this.name = name;
    this.#settings = settings;
    this.#limits = limits;
  }

  async put(upload: Upload): Promise<Stored> {
    const bucket = await this.#connected(upload.signal);
    const key = this.#key(upload.folder, upload.name);
    const unseen = upload.bytes <= sentUnseenBytes && (await this.#guardsNames(bucket, upload.signal));
    if (!unseen && (await this.#holds(bucket, key, upload)))
      return { how: 'already-there', confirmedBy: 'sha256' };
    this.#looked = true;
    try {
      await this.#store(bucket, key, upload);
    } catch (error) {
      this.#memory.forget();
      // Somebody was faster, or an earlier attempt whose answer was lost.
      const taken = error instanceof MitschnittError && error.code === 'name-taken';
      if (!taken || !(await this.#holds(bucket, key, upload))) throw error;
      return { how: 'already-there', confirmedBy: 'sha256' };
    }
    return { how: 'stored', confirmedBy: await this.#confirm(bucket, key, upload) };
  }

  read({ folder, name }: TargetPath, signal: AbortSignal): AsyncIterable<Buffer> {
    return received(signal, async (take, until) => {
      const bucket = await this.#connected(until);
      const key = this.#key(folder, name);
      // Before: to read what is not there is refused as if there were no bucket.
      if (!(await bucket.find(key, until))) throw targetError(this.name, fileMissing(name));
      await bucket.fetch(key, take, until);
    });
  }

  async remove({ folder, name }: TargetPath, signal: AbortSignal): Promise<'removed' | 'absent'> {
    const bucket = await this.#connected(signal);
    return (await bucket.erase(this.#key(folder, name), signal)) ? 'removed' : 'absent';
  }

  async check(signal: AbortSignal): Promise<void> {
    const bucket = await this.#connected(signal);
    const key = this.#key('', this.#probe);
    const { content, sha256 } = this.#probeBody();
    // Every delivery looks first.
    await bucket.find(key, signal);
    await bucket.store(key, { content, sha256 }, this.#encryption(), signal);
    try {
      if ((await this.#digest(bucket, key, signal)) !== sha256) throw this.#differs();
      await bucket.remove(key, signal);
    } catch (error) {
      await bucket.discard(key);
      throw error;
    }
  }

  close(): Promise<void> {
    this.#bucket?.end();
    this.#bucket = undefined;
    return Promise.resolve();
  }

  async #connected(signal: AbortSignal): Promise<S3Bucket> {
    if (signal.aborted) throw targetError(this.name, aborted);
    if (this.#bucket && !this.#bucket.ended) return this.#bucket;
    const settings = this.#settings;
    const limits = this.#limits;
    const ca = await readAuthority(this.name, settings.ca);
    const connection = await openS3(settings, ca, limits.idleMs);
    const bucket = new S3Bucket(connection, { target: this.name, settings, limits });
    if (settings.object_lock) await bucket.requireLock(signal);
    this.#looked = false;
    return (this.#bucket = bucket);
  }

  /** Whether a name that is taken turns out when it is asked for. To look for one file alone is less work than to try. */
  async #guardsNames(bucket: S3Bucket, signal: AbortSignal): Promise<boolean> {
    // What is tried with could not be removed.
    if (!this.#looked || this.#settings.object_lock) return false;
    return bucket.guardsNames(this.#key('', this.#probe), this.#probeBody(), this.#encryption(), signal);
  }

  #probeBody(): S3Body {
    const content = Buffer.from(this.#probe);
    return { content, sha256: hash('sha256', content) };
  }

  #key(folder: string, name: string): string {
    return posix.join('/', this.#settings.path, folder, name).slice(1);
  }

  /** Whether the name has the recording already. Throws `name-taken` when something else has it. */
  async #holds(bucket: S3Bucket, key: string, upload: Upload): Promise<boolean> {
    const { bytes, sha256, name, signal } = upload;
    const found = await bucket.find(key, signal);
    if (!found) return false;
    if (found.bytes === bytes) {
      const digest = found.metadata[digestKey] ?? (await this.#digest(bucket, key, signal));
      if (digest === sha256) return true;
    }
    throw targetError(this.name, nameTaken(name));
  }

  /** SHA-256 of an object as it is read back, lower-case hex. */
  async #digest(bucket: S3Bucket, key: string, signal: AbortSignal): Promise<string> {
    const digest = createHash('sha256');
    await bucket.fetch(key, (piece) => void digest.update(piece), signal);
    return digest.digest('hex');
  }

  async #store(bucket: S3Bucket, key: string, upload: Upload): Promise<void> {
    const { bytes, sha256, signal } = upload;
    const properties = this.#properties(upload);
    if (bytes > this.#limits.partBytes) {
      const source = await OpenRecording.open(upload);
      await bucket.storeParts(key, source.pieces(), bytes, properties, signal).finally(() => source.close());
      return;
    }
    const content = await OpenRecording.whole(upload, this.#memory);
    await bucket.store(key, { content, sha256 }, properties, signal);
  }

  /** What is asked for with every object. */
  #properties({ name, sha256 }: Upload): S3Properties {
    const { object_lock: lock, storage_class } = this.#settings;
    return {
      ...this.#encryption(),
      Metadata: { [digestKey]: sha256 },
      ContentType: contentTypes[posix.extname(name)],
      StorageClass: storage_class as S3Properties['StorageClass'],
      ...(lock?.retention !== undefined && {
        ObjectLockMode: lock.mode === 'governance' ? 'GOVERNANCE' : 'COMPLIANCE',
        ObjectLockRetainUntilDate: new Date(Date.now() + lock.retention),
      }),
      ...(lock?.legal_hold === true && { ObjectLockLegalHoldStatus: 'ON' }),
    };
  }

  #encryption(): S3Properties {
    const { encryption, kms_key } = this.#settings;
    return { ServerSideEncryption: encryption, SSEKMSKeyId: kms_key };
  }

  /** Compares what arrived with what was sent. */
  async #confirm(bucket: S3Bucket, key: string, upload: Upload): Promise<Stored['confirmedBy']> {
    const { bytes, sha256, signal } = upload;
    const found = await bucket.find(key, signal);
    // Of an object in parts the service tells the digest of their digests.
    const told = bytes <= this.#limits.partBytes ? found?.sha256 : undefined;
    if (found?.bytes === bytes && (told === undefined || told === base64Of(sha256)))
      return told === undefined ? 'size' : 'sha256';
    // Ours, made a moment ago where there was none: it must not stay under the final name.
    await bucket.discard(key);
    throw this.#differs();
  }

  #differs(): MitschnittError {
    const hint = `Check quota and log of the service: it does not keep all that is sent to ${this.#settings.bucket}.`;
    return targetError(this.name, contentDiffers(hint));
  }
}
