import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import type * as Sdk from '@aws-sdk/client-s3';

import { pieceFor } from './local-file.ts';
import type { S3Settings } from './s3.ts';

/** What talks to one service, and the package with its commands. */
export interface S3Connection {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
}

/** The package costs half a second and 40 MB: whoever has no such target does not pay for it. */
export async function openS3(
  settings: S3Settings,
  ca: string | undefined,
  idleMs: number,
): Promise<S3Connection> {
  const sdk = await import('@aws-sdk/client-s3');
  const { endpoint, region, access_key, secret_key, path_style } = settings;
  // A connection that was idle for longer is not trusted: servers and firewalls drop such without a word.
  const agent = { keepAlive: true, timeout: idleMs };
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    region,
    credentials: { accessKeyId: access_key, secretAccessKey: secret_key.reveal() },
    forcePathStyle: path_style,
    // Whether and when it is tried again, the uploader decides.
    maxAttempts: 1,
    // Else it adds checksums behind the content, and one server stored them as part of it, with a 200.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Else it writes on the console what it thinks of a failure.
    logger: silent,
    // It would open a connection of its own for every request, which knows nothing of our certificates.
    expectContinueHeader: false,
    requestHandler: {
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent({ ...agent, ...(ca === undefined ? {} : { ca }) }),
      // Limits are ours, see S3Target: these count from the beginning of a request, however long it has to be.
      requestTimeout: 0,
      socketTimeout: 0,
      throwOnRequestTimeout: true,
    },
  });
  return { sdk, client };
}

const nothing = () => undefined;
const silent = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** What a request carries. */
export interface S3Body {
  readonly content: Buffer;
  /** SHA-256 of the content, lower-case hex. It is signed: the service refuses what arrives otherwise. */
  readonly sha256: string;
}

/** The body of a command. `progress` is told whenever some of it was taken. */
export function bodyOf({ content }: S3Body, progress: () => void): Buffer | Readable {
  if (content.length <= pieceFor(content.length)) return content;
  return Readable.from(piecesOf(content, progress), { objectMode: false });
}

function* piecesOf(content: Buffer, progress: () => void): Generator<Buffer> {
  const length = pieceFor(content.length);
  for (let at = 0; at < content.length; at += length) {
    progress();
    yield content.subarray(at, at + length);
  }
}

/** Has the digest that is known already signed: the package would leave out that of a stream. */
export function signed<Command extends Sdk.PutObjectCommand | Sdk.UploadPartCommand>(
  command: Command,
  { sha256 }: S3Body,
): Command {
  // What differs between the two is of no matter here, and cannot be called as a union.
  const { middlewareStack } = command as Sdk.PutObjectCommand;
  middlewareStack.add(
    (next) => (call) => {
      const { headers } = call.request as { headers: Record<string, string> };
      headers['x-amz-content-sha256'] = sha256;
      return next(call);
    },
    { step: 'build', name: 'signKnownDigest' },
  );
  return command;
}
