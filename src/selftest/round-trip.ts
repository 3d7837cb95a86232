import { createHash } from 'node:crypto';

import type { RecordingFacts, Target, TargetPath, Upload } from '../delivery/target.ts';
import { explained } from '../delivery/explained.ts';
import type { LeftFiles } from './left-files.ts';
import { found, type StepName, type Steps } from './steps.ts';

/** Brings a file to a target, reads it back, and removes it there; what stays is noted in `left`. */
export async function roundTrip(
  target: Target,
  upload: Upload & { readonly facts: RecordingFacts },
  steps: Steps,
  left: Pick<LeftFiles, 'note' | 'forget'>,
): Promise<void> {
  const at = (name: StepName) => ({ name, group: upload.facts.group, target: target.name });
  const run = <Result>(name: StepName, work: () => Promise<Result>) =>
    steps.run(at(name), () =>
      work().catch((error: unknown) => Promise.reject(explained(error, target.name))),
    );
  try {
    const deliver = async () => {
      await left.note(upload, target.name);
      return target.put(upload);
    };
    if (!(await run('delivery', deliver))) {
      for (const name of ['read-back', 'removal'] as const) steps.skip(at(name), 'nothing was delivered');
      return;
    }
    await run('read-back', () => compare(target, upload));
    if (await run('removal', () => remove(target, upload))) await left.forget(upload, target.name);
  } finally {
    // Whatever its end is like, the test is over.
    await target.close().catch(() => undefined);
  }
}

async function compare(target: Target, upload: Upload): Promise<true> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of target.read(upload, upload.signal)) {
    hash.update(piece);
    bytes += piece.length;
  }
  if (hash.digest('hex') === upload.sha256) return true;
  throw found(
    'content-differs',
    'destination',
    `Target ${target.name}: what is read back is not what was delivered: ${bytes} of ${upload.bytes} bytes, ` +
      (bytes === upload.bytes ? 'with other content' : 'so the file is cut or longer'),
    'The server says that it keeps all and does not: check its disk, quota, virus scanner and proxies. Recordings that it has already may be damaged: compare them with "mitschnitt verify" as long as local copies exist.',
  );
}

/** Looked at afterwards: what a server says of a removal is no proof. */
async function remove(target: Target, upload: Upload): Promise<true> {
  const file: TargetPath = upload;
  const removed = await target.remove(file, upload.signal);
  const again = removed === 'removed' ? await target.remove(file, upload.signal) : removed;
  if (removed === 'removed' && again === 'absent') return true;
  throw found(
    removed === 'absent' ? 'file-missing' : 'not-removed',
    'destination',
    `Target ${target.name}: ${removed === 'absent' ? 'the file was gone before it was removed' : 'the file is still there after it was removed'}`,
    `Find out what moves or restores files there (${upload.name}).`,
  );
}
