import { Agent } from 'node:https';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { fileIn, networkMode, Server, testLabels } from './containers.ts';
import { eventually } from './eventually.ts';

const s3Host = 9;
// Five Python programs: 7 s on an idle machine.
const startMs = 100_000;

/** What to start. */
export interface S3Options {
  /** Prefix of the loopback network, such as '127.0.130.'; the server is .9. */
  readonly net: string;
  /** OpenStack Swift with its S3 interface, or Ceph's gateway on a database of its own. */
  readonly kind?: 'swift' | 'radosgw';
  readonly tls?: boolean;
}

/** A running S3 service with one bucket. */
export class S3Server extends Server {
  readonly endpoint: string;
  readonly host: string;
  readonly port = 8080;
  readonly bucket = 'mitschnitt';
  readonly accessKey = 'test:mitschnitt';
  readonly secretKey = 's3-secret';
  /** An account that may do nothing in the bucket. */
  readonly guest = { accessKey: 'test:guest', secretKey: 'guest-secret' };
  /** Certificate to trust (PEM); it names `host`. Without TLS there is none. */
  readonly certificate: string | undefined;

  private constructor(options: S3Options, container: StartedTestContainer, certificate: string | undefined) {
    super(container);
    this.host = `${options.net}${String(s3Host)}`;
    this.endpoint = `${certificate === undefined ? 'http' : 'https'}://${this.host}:${String(this.port)}`;
    this.certificate = certificate;
  }

  /** Resolves when the server has the bucket. */
  static async start(options: S3Options): Promise<S3Server> {
    const { net, kind = 'swift', tls = false } = options;
    const container = await new GenericContainer(`mitschnitt/${kind}`)
      .withNetworkMode(networkMode)
      .withLabels(testLabels)
      .withEnvironment({ NET: net, TLS: tls ? 'yes' : 'no' })
      .start();
    const certificate = tls ? await fileIn(container, '/etc/ssl/s3.pem') : undefined;
    const server = new S3Server(options, container, certificate);
    await server.ready();
    await server.createBucket(server.bucket);
    return server;
  }

  /** As somebody else would talk to it. Whoever takes it destroys it. */
  client(): S3Client {
    return new S3Client({
      endpoint: this.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: this.accessKey, secretAccessKey: this.secretKey },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { httpsAgent: new Agent({ ca: this.certificate }) },
    });
  }

  async createBucket(bucket: string): Promise<void> {
    const client = this.client();
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
  }

  /** Sets how many bytes a bucket may hold; Swift's own interface does that. */
  async limit(bucket: string, bytes: number): Promise<void> {
    const login = { 'X-Auth-User': this.accessKey, 'X-Auth-Key': this.secretKey };
    const { headers } = await fetch(`${this.endpoint}/auth/v1.0`, { headers: login });
    const token = headers.get('X-Auth-Token') ?? '';
    const { status } = await fetch(`${headers.get('X-Storage-Url') ?? ''}/${bucket}`, {
      method: 'POST',
      headers: { 'X-Auth-Token': token, 'X-Container-Meta-Quota-Bytes': String(bytes) },
    });
    if (status !== 204) throw new Error(`the quota was not taken: ${String(status)}`);
  }

  protected override async ready(): Promise<void> {
    const client = this.client();
    // Answered when all that is behind the interface is there.
    await eventually(() => client.send(new ListBucketsCommand({})), { within: startMs });
    client.destroy();
  }
}
