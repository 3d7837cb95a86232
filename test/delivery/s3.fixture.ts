import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';

import { s3Limits, S3Target, type S3Limits, type S3Settings } from '../../src/delivery/s3.ts';
import type { Target } from '../../src/delivery/target.ts';
import { takeNet } from '../live/net.ts';
import { S3Server } from '../live/s3.ts';
import type { Fixture, ObstacleCase, Place } from './contract.ts';
import { closing } from './ftp.fixture.ts';
import { startRude } from './rude.ts';

/** So that a silent server is given up soon enough for a test. */
const s3TestLimits: S3Limits = { ...s3Limits, answerMs: 1_000 };

const wrongSecret = 'Tr0ub4dor&3';

export function s3(tls: boolean): Fixture {
  return {
    secrets: ['s3-secret', 'guest-secret', wrongSecret],
    server: true,
    connectsAnew: true,
    ...(tls ? {} : { outages: 'tried' as const }),
    leftovers: 'a part of a file has no name: see s3.test.ts',
    start: () => startS3(tls),
    unremovable: {
      // Who may do nothing at all learns it when it looks.
      code: 'write-refused',
      fault: 'destination',
      file: { folder: '', name: 'kept.wav' },
      meet: async (place) => {
        await place.write('kept.wav', Buffer.from('kept'));
        const { accessKey, secretKey } = s3Of(place).server.guest;
        return changed(place, { access_key: accessKey, secret_key: { reveal: () => secretKey } });
      },
    },
    obstacles: {
      'wrong password': {
        code: 'login-refused',
        fault: 'configuration',
        meet: (place) => changed(place, { secret_key: { reveal: () => wrongSecret } }),
      },
      'server absent': {
        code: 'connection-refused',
        fault: 'destination',
        meet: (place) => changed(place, { endpoint: 'http://127.0.0.1:9' }),
      },
      'server silent': {
        code: 'no-answer',
        fault: 'destination',
        meet: async (place) => {
          const server = await startRude('silent');
          const endpoint = `http://${server.host}:${String(server.port)}`;
          return closing(s3Of(place).target({ endpoint }, s3TestLimits), () => server.stop());
        },
      },
      'certificate not trusted': tls
        ? {
            code: 'certificate-untrusted',
            fault: 'configuration',
            meet: (place) => changed(place, { ca: undefined }),
          }
        : 'without TLS there is none',
      'path missing': {
        code: 'bucket-missing',
        fault: 'configuration',
        meet: (place) => changed(place, { bucket: 'nothing-here' }),
      },
      'no right to write': {
        code: 'write-refused',
        fault: 'destination',
        meet: (place) => {
          const { accessKey, secretKey } = s3Of(place).server.guest;
          return changed(place, { access_key: accessKey, secret_key: { reveal: () => secretKey } });
        },
      },
      'no space left': tls ? 'as without TLS' : noSpace,
    },
  };
}

const noSpace: ObstacleCase = {
  code: 'file-too-large',
  fault: 'destination',
  meet: async (place) => {
    const { server } = s3Of(place);
    const bucket = `full-${randomUUID()}`;
    await server.createBucket(bucket);
    await server.limit(bucket, 1);
    const relieve = () => server.limit(bucket, 1_000_000);
    return closing(s3Of(place).target({ bucket }), () => Promise.resolve(), relieve);
  },
};

/** A bucket as a place, with targets of it that differ from the right one. */
interface S3Place extends Place {
  readonly server: S3Server;
  target(changes?: Partial<S3Settings>, limits?: S3Limits): Target;
}

/** Obstacles are only ever given the place that the same fixture started. */
const s3Of = (place: Place) => place as S3Place;
const changed = (place: Place, changes: Partial<S3Settings>) => Promise.resolve(s3Of(place).target(changes));

/** The right settings for a server, but for the file with its certificate. */
export function settingsFor(server: S3Server): S3Settings {
  const { endpoint, bucket, accessKey, secretKey } = server;
  return {
    ...({ type: 's3', endpoint, region: 'us-east-1', bucket, path: 'calls', path_style: true } as const),
    access_key: accessKey,
    secret_key: { reveal: () => secretKey },
  };
}

async function startS3(tls: boolean): Promise<S3Place> {
  const net = await takeNet();
  const certificates = await mkdtemp(join(tmpdir(), 'mitschnitt-ca-'));
  const server = await S3Server.start({ net: net.prefix, tls });
  const { certificate } = server;
  const ca = certificate === undefined ? undefined : join(certificates, 'ca.pem');
  if (ca !== undefined) await writeFile(ca, certificate ?? '');
  const settings = { ...settingsFor(server), ca };
  return {
    ...bucketPlace(server, `${settings.path}/`),
    server,
    target: (changes = {}, limits = s3Limits) => new S3Target('archiv', { ...settings, ...changes }, limits),
    impatient: () => new S3Target('archiv', settings, s3TestLimits),
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    restart: () => server.restart(),
    stop: async () => {
      await server.stop();
      await rm(certificates, { recursive: true });
      await net.release();
    },
  };
}

/** The objects of a bucket below `prefix` as a place. What is being put together in parts is listed as `.part`. */
export function bucketPlace(
  server: S3Server,
  prefix: string,
): Pick<Place, 'files' | 'read' | 'write' | 'clear'> {
  const client = server.client();
  const where = { Bucket: server.bucket };
  const objects = async () => {
    const { Contents: found = [] } = await client.send(
      new ListObjectsV2Command({ ...where, Prefix: prefix }),
    );
    return found.map(({ Key = '' }) => Key);
  };
  const unfinished = async () => {
    const found = await client.send(new ListMultipartUploadsCommand({ ...where, Prefix: prefix }));
    return found.Uploads ?? [];
  };
  return {
    files: async () => {
      const parts = (await unfinished()).map(({ Key = '' }) => `${Key}.part`);
      return [...(await objects()), ...parts].map((key) => key.slice(prefix.length)).sort();
    },
    read: async (file) => {
      const { Body: body } = await client.send(new GetObjectCommand({ ...where, Key: prefix + file }));
      return Buffer.from((await body?.transformToByteArray()) ?? []);
    },
    write: async (file, content) => {
      await client.send(new PutObjectCommand({ ...where, Key: prefix + file, Body: content }));
    },
    clear: async () => {
      for (const { Key, UploadId } of await unfinished())
        await client.send(new AbortMultipartUploadCommand({ ...where, Key, UploadId }));
      for (const Key of await objects()) await client.send(new DeleteObjectCommand({ ...where, Key }));
    },
  };
}
