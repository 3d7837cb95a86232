import { request } from 'node:http';

import { codeOf, messageOf, MitschnittError } from '../errors.ts';

/** The process answers from memory; one that takes longer hangs. Whoever asks for work says how long that may take. */
const answerLimitMs = 5_000;

/** What means that nobody listens on the socket. */
const notRunning = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR']);

/**
 * Asks the running process over its control socket: GET, or POST where there is a body. Undefined: it is not running.
 * @throws MitschnittError when it runs and does not answer as it should.
 */
export async function ask(
  socket: string,
  path: string,
  body?: unknown,
  limitMs = answerLimitMs,
): Promise<unknown> {
  try {
    return JSON.parse(await get(socket, path, body, limitMs)) as unknown;
  } catch (thrown) {
    if (thrown instanceof MitschnittError) throw thrown;
    const code = codeOf(thrown);
    if (notRunning.has(code)) return undefined;
    const denied = code === 'EACCES' || code === 'EPERM';
    throw new MitschnittError(
      `the running process cannot be asked over ${socket}: ${whatWasWrong(thrown, code)}`,
      {
        code: denied ? 'control-denied' : 'control-no-answer',
        fault: denied ? 'configuration' : 'defect',
        retry: !denied,
        hint: denied
          ? 'Run this as the user of Mitschnitt, or as root.'
          : 'Look into the log of Mitschnitt, and restart it.',
        cause: thrown,
      },
    );
  }
}

/** The same of a process that has to run. */
export async function askRunning(
  socket: string,
  path: string,
  body?: unknown,
  limitMs = answerLimitMs,
): Promise<unknown> {
  const answer = await ask(socket, path, body, limitMs);
  if (answer !== undefined) return answer;
  throw new MitschnittError('Mitschnitt is not running.', {
    code: 'not-running',
    fault: 'configuration',
    retry: true,
    hint: 'Start it with mitschnitt run, with the same configuration.',
  });
}

/** What the running process says of why it did not do it; undefined: nothing. */
function refusalIn(text: string): MitschnittError | undefined {
  const { error, code, fault, retry, hint } = JSON.parse(text) as Partial<MitschnittError> & {
    error?: string;
  };
  if (error === undefined || code === undefined || fault === undefined || hint === undefined)
    return undefined;
  return new MitschnittError(error, { code, fault, retry: retry === true, hint });
}

function whatWasWrong(thrown: unknown, code: string): string {
  if (code === 'ABORT_ERR' || (thrown instanceof Error && thrown.name === 'TimeoutError'))
    return 'it does not answer';
  return messageOf(thrown);
}

function get(socketPath: string, path: string, body: unknown, limitMs: number): Promise<string> {
  const method = body === undefined ? 'GET' : 'POST';
  const signal = AbortSignal.timeout(limitMs);
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method, signal }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        if (answer.statusCode === 200) resolve(text);
        else reject(refusalIn(text) ?? new Error(`it answered with ${answer.statusCode ?? 'nothing'}`));
      });
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
