import type { PutObjectCommandInput } from '@aws-sdk/client-s3';

import { MitschnittError } from '../errors.ts';
import type { Take } from './received.ts';
import { bodyOf, signed, type S3Body, type S3Connection } from './s3-connection.ts';
import { keptObject, lockedObject, refusalOf, s3Problem, type S3Step } from './s3-errors.ts';
import { partBytesFor, sendParts, type S3Part } from './s3-multipart.ts';
import type { S3Limits, S3Settings } from './s3.ts';
import { targetError } from './target-errors.ts';
import { NoAnswer, within } from './time-limit.ts';

/** What is known of an object. */
export interface S3Object {
  readonly bytes: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** As the service computed it, Base64; undefined: it does not tell. */
  readonly sha256: string | undefined;
  /** In a bucket that keeps versions: of the last one. */
  readonly version: string | undefined;
  readonly lock: { readonly until: Date | undefined; readonly hold: boolean };
}

/** What an object is given besides its content. */
export type S3Properties = Partial<Omit<PutObjectCommandInput, 'Bucket' | 'Key' | 'Body'>>;

/** Who uses the bucket. */
export interface S3User {
  /** Name of the target. */
  readonly target: string;
  readonly settings: S3Settings;
  readonly limits: S3Limits;
}

/** The requests that a target makes, each with its limit, and its failures explained. */
export class S3Bucket {
  readonly #connection: S3Connection;
  readonly #user: S3User;
  /** A service that did not answer: its connections are of no more use. */
  #ended = false;
  /** Whether the service makes an object only if there is none of that name, when it is asked to. */
  #conditional = true;
  /** Whether it then refuses a name that is taken; undefined: not tried. Some say nothing, and replace the object. */
  #guardsNames: boolean | undefined;

  constructor(connection: S3Connection, user: S3User) {
    this.#connection = connection;
    this.#user = user;
  }

  get ended(): boolean {
    return this.#ended;
  }

  end(): void {
    this.#ended = true;
    this.#connection.client.destroy();
  }

  /** Fails where the bucket cannot lock objects. Many services store them without a word about it. */
  async requireLock(signal: AbortSignal): Promise<void> {
    const { sdk, client } = this.#connection;
    const command = new sdk.GetObjectLockConfigurationCommand(this.#bucket);
    await this.#do('lock', signal, async (abortSignal) => {
      const { ObjectLockConfiguration: found } = await client.send(command, { abortSignal });
      if (found?.ObjectLockEnabled !== 'Enabled') throw new Error('the bucket has no locks');
    });
  }

  /** Undefined: there is no such object, or no such bucket. */
  async find(key: string, signal: AbortSignal): Promise<S3Object | undefined> {
    const { sdk, client } = this.#connection;
    const where = { ...this.#bucket, Key: key };
    return this.#do('look', signal, async (abortSignal) => {
      try {
        const command = new sdk.HeadObjectCommand({ ...where, ChecksumMode: 'ENABLED' });
        const found = await client.send(command, { abortSignal });
        const { ContentLength: bytes, Metadata: metadata = {}, ChecksumSHA256: sha256 } = found;
        // Every object has one. Without it, it is a web page of somebody who has one for any address.
        if (found.ETag === undefined) throw new Error('this is no object');
        const { VersionId: version, ObjectLockRetainUntilDate: until } = found;
        const lock = { until, hold: found.ObjectLockLegalHoldStatus === 'ON' };
        return { bytes, metadata, sha256, version, lock };
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal?.status === 404) return undefined;
        // An answer to HEAD has no content that could say why.
        if (refusal)
          await client.send(new sdk.GetObjectCommand({ ...where, Range: 'bytes=0-0' }), { abortSignal });
        throw error;
      }
    });
  }

  /** Hands on an object, piece by piece. */
  fetch(key: string, take: Take, signal: AbortSignal): Promise<void> {
    const { sdk, client } = this.#connection;
    return this.#do('read', signal, async (abortSignal, progress) => {
      const command = new sdk.GetObjectCommand({ ...this.#bucket, Key: key });
      const { Body: body } = await client.send(command, { abortSignal });
      for await (const piece of body as AsyncIterable<Buffer>) {
        await take(piece);
        progress();
      }
    });
  }

  /** Whether the service refuses a name that is taken: tried once, with an object of its own under `key`. */
  async guardsNames(
    key: string,
    body: S3Body,
    properties: S3Properties,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!this.#conditional) return false;
    if (this.#guardsNames !== undefined) return this.#guardsNames;
    try {
      await this.store(key, body, properties, signal);
      await this.store(key, body, properties, signal);
      this.#guardsNames = false;
    } catch (error) {
      if (!(error instanceof MitschnittError) || error.code !== 'name-taken') throw error;
      this.#guardsNames = true;
    } finally {
      await this.discard(key);
    }
    return this.#guardsNames;
  }

  /** Stores an object with one request. Fails as `PreconditionFailed` where there is one of that name. */
  async store(key: string, body: S3Body, properties: S3Properties, signal: AbortSignal): Promise<void> {
    const { sdk, client } = this.#connection;
    await this.#whereFree('store', signal, (condition, abortSignal, progress) => {
      const command = new sdk.PutObjectCommand({
        ...this.#bucket,
        ...properties,
        ...condition,
        Key: key,
        Body: bodyOf(body, progress),
        ContentLength: body.content.length,
        ChecksumSHA256: base64Of(body.sha256),
      });
      return client.send(signed(command, body), { abortSignal });
    });
  }

  /** Stores an object of `bytes` in parts, which become one object in the end. Fails as `store` does. */
  async storeParts(
    key: string,
    content: AsyncIterable<Buffer>,
    bytes: number,
    properties: S3Properties,
    signal: AbortSignal,
  ): Promise<void> {
    const { sdk, client } = this.#connection;
    const { limits, settings } = this.#user;
    await this.#discardParts(key);
    const begin = new sdk.CreateMultipartUploadCommand({
      ...this.#bucket,
      ...properties,
      Key: key,
      // A lock is only put on what comes with checksums.
      ...(settings.object_lock && { ChecksumAlgorithm: 'SHA256' }),
    });
    const begun = await this.#do('store', signal, (abortSignal) => client.send(begin, { abortSignal }));
    const whole = { ...this.#bucket, Key: key, UploadId: begun.UploadId };
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    try {
      const partBytes = partBytesFor(bytes, limits.partBytes);
      const send = (part: S3Part) => this.#storePart(whole, part, either);
      const Parts = await sendParts(content, partBytes, send, () => failed.abort());
      const assemble = (condition: S3Properties, abortSignal: AbortSignal) => {
        const command = { ...whole, ...condition, MultipartUpload: { Parts } };
        return client.send(new sdk.CompleteMultipartUploadCommand(command), { abortSignal });
      };
      await this.#whereFree('assemble', signal, assemble);
    } catch (error) {
      // Whoever is silent stays so for a while: the next attempt does it.
      if (!this.#ended)
        await this.#quietly((abortSignal) =>
          client.send(new sdk.AbortMultipartUploadCommand(whole), { abortSignal }),
        );
      throw error;
    }
  }

  /**
   * Removes an object in all its versions: without naming one, a bucket that keeps them only hides it. False: there is
   * none.
   */
  async erase(key: string, signal: AbortSignal): Promise<boolean> {
    const { target } = this.#user;
    let found = await this.find(key, signal);
    // Also what is not there: of a bucket that is missing only this is refused.
    if (!found) await this.remove(key, signal);
    if (!found) return false;
    while (found) {
      const { version, lock } = found;
      try {
        await this.remove(key, signal, version);
      } catch (error) {
        const locked = lock.hold || (lock.until !== undefined && lock.until.getTime() > Date.now());
        throw locked ? targetError(target, lockedObject(lock, this.#user, error)) : error;
      }
      // The version before this one, if there is one.
      found = await this.find(key, signal);
      if (found && found.version === version) throw targetError(target, keptObject(this.#user));
    }
    return true;
  }

  /** Fails where the object cannot be removed; of an object that is not there it is none. */
  async remove(key: string, signal: AbortSignal, version?: string): Promise<void> {
    const { sdk, client } = this.#connection;
    const command = new sdk.DeleteObjectCommand({ ...this.#bucket, Key: key, VersionId: version });
    await this.#do('remove', signal, (abortSignal) => client.send(command, { abortSignal }));
  }

  /** Removes what must not stay, as far as that can be had. */
  async discard(key: string): Promise<void> {
    const { sdk, client } = this.#connection;
    const command = new sdk.DeleteObjectCommand({ ...this.#bucket, Key: key });
    if (!this.#ended) await this.#quietly((abortSignal) => client.send(command, { abortSignal }));
  }

  get #bucket(): { readonly Bucket: string } {
    return { Bucket: this.#user.settings.bucket };
  }

  async #storePart(
    whole: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
    part: S3Part,
    signal: AbortSignal,
  ) {
    const { sdk, client } = this.#connection;
    const checksum = this.#user.settings.object_lock && { ChecksumSHA256: base64Of(part.sha256) };
    const { ETag } = await this.#do('store', signal, (abortSignal, progress) => {
      const command = new sdk.UploadPartCommand({
        ...whole,
        ...checksum,
        PartNumber: part.number,
        Body: bodyOf(part, progress),
        ContentLength: part.content.length,
      });
      return client.send(signed(command, part), { abortSignal });
    });
    return { ...checksum, ETag, PartNumber: part.number };
  }

  /** Parts that an attempt left which died. Nobody sees them, but they are stored, and paid for. */
  async #discardParts(key: string): Promise<void> {
    const { sdk, client } = this.#connection;
    // Not every service lists them, and not every key may: then a rule of the bucket has to remove them.
    await this.#quietly(async (abortSignal) => {
      const list = new sdk.ListMultipartUploadsCommand({ ...this.#bucket, Prefix: key });
      const { Uploads: uploads = [] } = await client.send(list, { abortSignal });
      for (const { Key, UploadId } of uploads.filter((upload) => upload.Key === key)) {
        const command = new sdk.AbortMultipartUploadCommand({ ...this.#bucket, Key, UploadId });
        await client.send(command, { abortSignal });
      }
    });
  }

  /** Asks for an object to be made only where there is none of its name, as long as the service understands that. */
  async #whereFree(
    step: S3Step,
    signal: AbortSignal,
    work: (condition: S3Properties, abortSignal: AbortSignal, progress: () => void) => Promise<unknown>,
  ): Promise<void> {
    const attempt = (condition: S3Properties) =>
      this.#do(step, signal, (abortSignal, progress) => work(condition, abortSignal, progress));
    try {
      await attempt(this.#conditional ? { IfNoneMatch: '*' } : {});
    } catch (error) {
      const refusal = error instanceof MitschnittError ? refusalOf(error.cause) : undefined;
      if (refusal?.status !== 501 || !this.#conditional) throw error;
      await attempt({});
      this.#conditional = false;
    }
  }

  /** Tidies up: what it fails with matters less than what led to it. */
  async #quietly(work: (abortSignal: AbortSignal) => Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const { signal } = new AbortController();
    try {
      await within({ ms: this.#user.limits.discardMs, signal }, () => work(over.signal));
    } catch {
      // See above.
    } finally {
      over.abort();
    }
  }

  /** One step, with its limit. `abortSignal` ends what it does when it is over. */
  async #do<T>(
    step: S3Step,
    signal: AbortSignal,
    work: (abortSignal: AbortSignal, progress: () => void) => Promise<T>,
  ): Promise<T> {
    const { target, settings, limits } = this.#user;
    const ms = step === 'assemble' ? limits.assembleMs : limits.answerMs;
    const over = new AbortController();
    try {
      return await within({ ms, signal }, (progress) => work(over.signal, progress));
    } catch (error) {
      // The other connections to it are not trusted any more.
      if (error instanceof NoAnswer) this.end();
      throw targetError(target, s3Problem(error, { target, settings, step }));
    } finally {
      over.abort();
    }
  }
}

export function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
