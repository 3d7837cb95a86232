import { codeOf } from '../errors.ts';
import type { S3Settings } from './s3.ts';
import { connectionProblem, type Server } from './socket-errors.ts';
import { aborted, completed, noAnswer, type ProblemWords, type TargetProblem } from './target-errors.ts';
import { Aborted, NoAnswer } from './time-limit.ts';

/** What is being done when something goes wrong. */
export type S3Step = 'lock' | 'look' | 'store' | 'assemble' | 'read' | 'remove';

/** Where it happened. */
export interface S3Scene {
  /** Name of the target. */
  readonly target: string;
  readonly settings: S3Settings;
  readonly step: S3Step;
}

/** The service answered, and its answer was no. */
export interface S3Refusal {
  /** As S3 names it, such as `NoSuchBucket`; of an answer without content nothing that is of use. */
  readonly code: string;
  /** Of HTTP. */
  readonly status: number;
  readonly message: string;
}

/** Undefined: it was something else. */
export function refusalOf(error: unknown): S3Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('$fault' in error && '$metadata' in error) {
    const { httpStatusCode: status } = error.$metadata as { readonly httpStatusCode?: number };
    if (status !== undefined) return { code: error.name, status, message: error.message };
  }
  // An answer in another language than XML, as proxies give them.
  const status = '$response' in error && (error.$response as { readonly statusCode?: number }).statusCode;
  return typeof status === 'number' && status >= 300 ? { code: '', status, message: '' } : undefined;
}

/** Explains whatever a step threw, by S3's error code, HTTP's status or Node's error code, never by its text. */
export function s3Problem(error: unknown, scene: S3Scene): TargetProblem {
  if (error instanceof Aborted) return aborted;
  if (error instanceof NoAnswer) return silence(error, scene);
  const refusal = refusalOf(error);
  return completed(refusal ? refused(refusal, scene) : failure(error, scene), error);
}

function refused(refusal: S3Refusal, scene: S3Scene): ProblemWords {
  const words = wordsOf(refusal, scene)(scene);
  return { ...words, what: `${words.what}${quoted(refusal, scene)}` };
}

function wordsOf({ code, status }: S3Refusal, scene: S3Scene): (scene: S3Scene) => ProblemWords {
  const known = byCode[code];
  if (known && known !== notOffered && known !== noAccess) return known;
  if (code.startsWith('KMS.')) return noKey;
  if (scene.step === 'remove' && status === 403) return noRemoval;
  // Whatever a service has against being asked for its locks: most have none.
  return scene.step === 'lock' && status !== 403 ? noLock : (known ?? byStatus(status, scene));
}

/** What the service says helps whoever runs it. It is foreign text: one short line, and never the key. */
function quoted({ code, status, message }: S3Refusal, { settings }: S3Scene): string {
  // The package says these where the service says nothing.
  const said = [code, message].filter((text) => !['', 'Unknown', 'UnknownError'].includes(text));
  const line = said
    .join(', ')
    .replaceAll(settings.secret_key.reveal(), '***')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ');
  const short = line.length > longestQuote ? `${line.slice(0, longestQuote)}...` : line;
  return ` (the service says: ${short === '' ? `status ${status}` : short})`;
}

/** In characters. */
const longestQuote = 160;

const keys = ({ target }: S3Scene) => `targets.${target}`;
const bucket = ({ settings }: S3Scene) => `the bucket ${settings.bucket}`;

/** Where the service is; Amazon's name of it depends on more than the settings. */
function serverOf({ settings, target }: S3Scene): Server {
  const { endpoint, region } = settings;
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  const usual = url.protocol === 'http:' ? 80 : 443;
  return { host: url.hostname, port: Number(url.port || usual), settings: `targets.${target}` };
}
const place = (scene: S3Scene) => `${serverOf(scene).host}:${serverOf(scene).port}`;

const noLogin = (scene: S3Scene): ProblemWords => ({
  code: 'login-refused',
  fault: 'configuration',
  what: `the access key ${scene.settings.access_key} or its secret is refused by ${place(scene)}`,
  hint: `Check access_key and secret_key in ${keys(scene)}, and that the key is still active.`,
});
const noAccess = (scene: S3Scene): ProblemWords => ({
  code: 'write-refused',
  what: `the access key ${scene.settings.access_key} has not all rights that it needs in ${bucket(scene)}`,
  hint:
    'Give it s3:ListBucket and s3:ListBucketMultipartUploads for the bucket, and s3:PutObject, s3:GetObject, ' +
    's3:DeleteObject and s3:AbortMultipartUpload (with object_lock also the rights to lock) for what is in it.',
});
const noRemoval = (scene: S3Scene): ProblemWords => ({
  code: 'remove-refused',
  what: `the access key ${scene.settings.access_key} may not remove what is in ${bucket(scene)}`,
  hint: 'Give it s3:DeleteObject for what is in the bucket, and s3:DeleteObjectVersion where the bucket keeps versions.',
});
const noBucket = (scene: S3Scene): ProblemWords => ({
  code: 'bucket-missing',
  fault: 'configuration',
  what: `there is no bucket ${scene.settings.bucket} at ${place(scene)}`,
  hint: `Correct bucket, region or endpoint in ${keys(scene)}, or create the bucket. Mitschnitt never makes it by itself.`,
});
const noSpace = (scene: S3Scene): ProblemWords => ({
  code: 'no-space',
  what: `no space left in ${bucket(scene)} at ${place(scene)}, or its quota is used up`,
  hint: 'Raise the quota of the bucket or its owner, or free space.',
});
const tooLarge = (scene: S3Scene): ProblemWords => ({
  code: 'file-too-large',
  what: `${place(scene)} does not take so much in ${bucket(scene)}: its quota is used up, or objects are limited`,
  hint: 'Raise the quota of the bucket, and the limit for requests at the service or at a proxy before it.',
});
const wrongRegion = (scene: S3Scene): ProblemWords => ({
  code: 'region-wrong',
  fault: 'configuration',
  what: `${bucket(scene)} is not in the region ${scene.settings.region}, or not at ${place(scene)}`,
  hint: `Correct region and endpoint in ${keys(scene)}.`,
});
const wrongClock = (scene: S3Scene): ProblemWords => ({
  code: 'clock-wrong',
  fault: 'configuration',
  what: `the clocks of this machine and of ${place(scene)} differ by more than 15 minutes`,
  hint: 'Let NTP set the clock of this machine (timedatectl); if it is right, that of the service.',
});
const busy = (scene: S3Scene): ProblemWords => ({
  code: 'server-busy',
  what: `${place(scene)} has too much to do at present`,
  hint: 'Nothing to do if it passes: it is tried again. Else ask whoever runs the service.',
});
const nameRefused = (): ProblemWords => ({
  code: 'name-refused',
  fault: 'configuration',
  retry: false,
  what: 'the service does not allow the name of the object',
  hint: 'Shorten path and the templates of file and folder names, and take unusual characters out; then retry the delivery.',
});
const damaged = (scene: S3Scene): ProblemWords => ({
  code: 'transfer-damaged',
  what: `what arrived at ${place(scene)} is not what was sent`,
  hint: 'Check the network and the proxies between. Nothing was stored; it is tried again.',
});
const failed = (scene: S3Scene): ProblemWords => ({
  code: 'server-failed',
  what: `${place(scene)} could not do what it was asked to`,
  hint: 'Check the log of the service. It is tried again.',
});
const notOffered = (scene: S3Scene): ProblemWords => ({
  code: 'not-offered',
  fault: 'configuration',
  what: `${place(scene)} does not offer what ${keys(scene)} asks for`,
  hint: 'Take encryption, kms_key, object_lock or storage_class out, or turn it on at the service.',
});
const noKey = (scene: S3Scene): ProblemWords => ({
  code: 'encryption-key-unusable',
  what: `${place(scene)} cannot encrypt with the key ${scene.settings.kms_key ?? 'of the account'}`,
  hint: `Check kms_key in ${keys(scene)}, and that the access key may use that key (kms:GenerateDataKey, kms:Decrypt).`,
});
const noLock = (scene: S3Scene): ProblemWords => ({
  code: 'lock-not-offered',
  fault: 'configuration',
  what: `${bucket(scene)} at ${place(scene)} cannot lock objects`,
  hint: `Turn object lock on for the bucket, or take object_lock out of ${keys(scene)}.`,
});
const notUnderstood = (scene: S3Scene): ProblemWords => ({
  code: 'not-understood',
  what: `${place(scene)} answers what no S3 service should`,
  hint: `Check endpoint and path_style in ${keys(scene)}: is that an S3 service? Its log may say more.`,
});

/** By the codes of S3 (API reference, 'Error responses'), and of services that have codes of their own. */
const byCode: Readonly<Record<string, (scene: S3Scene) => ProblemWords>> = {
  NoSuchBucket: noBucket,
  InvalidBucketName: noBucket,
  InvalidAccessKeyId: noLogin,
  SignatureDoesNotMatch: noLogin,
  InvalidToken: noLogin,
  AccessDenied: noAccess,
  AllAccessDisabled: noAccess,
  AccountProblem: noAccess,
  MethodNotAllowed: noAccess,
  RequestTimeTooSkewed: wrongClock,
  RequestExpired: wrongClock,
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  InvalidRegion: wrongRegion,
  QuotaExceeded: noSpace,
  InsufficientCapacity: noSpace,
  XMinioStorageFull: noSpace,
  XMinioAdminBucketQuotaExceeded: noSpace,
  EntityTooLarge: tooLarge,
  SlowDown: busy,
  ServiceUnavailable: busy,
  TooManyRequests: busy,
  OperationAborted: busy,
  ConditionalRequestConflict: busy,
  KeyTooLongError: nameRefused,
  KeyTooLong: nameRefused,
  InvalidObjectName: nameRefused,
  InvalidURI: nameRefused,
  XMinioInvalidObjectName: nameRefused,
  BadDigest: damaged,
  InvalidDigest: damaged,
  IncompleteBody: damaged,
  XAmzContentSHA256Mismatch: damaged,
  XAmzContentChecksumMismatch: damaged,
  // Parts that somebody else removed, or that came to harm: all of them are sent again.
  NoSuchUpload: damaged,
  InvalidPart: damaged,
  RequestTimeout: damaged,
  NotImplemented: notOffered,
  InvalidStorageClass: notOffered,
  InvalidEncryptionAlgorithmError: notOffered,
  ObjectLockConfigurationNotFoundError: noLock,
  PreconditionFailed: () => ({
    code: 'name-taken',
    retry: false,
    what: 'another object has got the name meanwhile',
    hint: 'Nothing to do: the file gets another name.',
  }),
};

function byStatus(status: number, { settings }: S3Scene): (scene: S3Scene) => ProblemWords {
  const demanding =
    settings.encryption !== undefined ||
    settings.object_lock !== undefined ||
    settings.storage_class !== undefined;
  switch (status) {
    case 301:
    case 307:
      return wrongRegion;
    case 400:
      return demanding ? notOffered : notUnderstood;
    case 401:
    case 403:
      return noAccess;
    case 404:
      return noBucket;
    case 413:
      return tooLarge;
    case 429:
    case 503:
      return busy;
    case 507:
      return noSpace;
    default:
      return status >= 500 ? failed : notUnderstood;
  }
}

/** Removal was refused, and the object is locked. */
export function lockedObject(
  { until, hold }: { readonly until: Date | undefined; readonly hold: boolean },
  { settings }: Pick<S3Scene, 'settings'>,
  cause: unknown,
): TargetProblem {
  const how = hold ? 'by a legal hold' : `until ${until?.toISOString() ?? 'later'}`;
  const what = `the object is locked ${how} in the bucket ${settings.bucket}`;
  const hint = hold
    ? 'Let whoever put the legal hold on it take it off, then remove it again.'
    : 'Remove it again after that time: before, nobody can, or only who has s3:BypassGovernanceRetention.';
  return completed({ code: 'object-locked', what, hint }, cause);
}

/** The service said that it removed an object, and has it still. */
export function keptObject({ settings }: Pick<S3Scene, 'settings'>): TargetProblem {
  const what = `an object that was removed is still in the bucket ${settings.bucket}`;
  return completed({
    code: 'remove-failed',
    what,
    hint: 'Check the log of the service. It can be tried again.',
  });
}

/** No answer of the service that could be understood, but an error of the connection. */
function failure(error: unknown, scene: S3Scene): ProblemWords {
  const known = connectionProblem(codeOf(error), serverOf(scene));
  if (known) return known;
  return scene.step === 'lock' ? noLock(scene) : notUnderstood(scene);
}

function silence(error: NoAnswer, scene: S3Scene): TargetProblem {
  const hint = `Check the service, the network between, and endpoint in ${keys(scene)}. It is tried again.`;
  return noAnswer(error, place(scene), hint);
}
