/** What the command line has the running process do, in the audit log; a part of assemble.ts. */
import type { Catalogue } from './catalogue/catalogue.ts';
import type { AuditEntry } from './catalogue/console-ledger.ts';
import type { Answers } from './control-socket.ts';
import { messageOf } from './errors.ts';
import type { Log } from './log.ts';

type Facts = Pick<AuditEntry, 'action' | 'subject'> & Partial<Pick<AuditEntry, 'detail' | 'ok'>>;
type Given = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** A number has to go from everywhere when it is erased: it is not in the audit log to begin with. */
const heldOn = ({ kind, subject }: Given) =>
  kind === 'number' ? { subject: '', detail: 'a number' } : { subject: text(subject) };
const isDone = ({ result }: Given) => result !== 'unknown' && result !== 'not-held';

/** By what is asked: what is kept of it. What is missing here is only looked at, or kept elsewhere. */
const audited: Readonly<Record<string, (asked: Given, answer: Given) => Facts | undefined>> = {
  'POST /control': ({ id, control }, { problem }) => ({
    ...{ action: 'control', subject: text(id), detail: text(control), ok: problem === undefined },
  }),
  'POST /hold': (asked, answer) => ({ action: 'hold', ...heldOn(asked), ok: isDone(answer) }),
  'POST /release': (asked, answer) => ({ action: 'release', ...heldOn(asked), ok: isDone(answer) }),
  'POST /erase': ({ dryRun }, { id }) =>
    dryRun === true ? undefined : { action: 'erase', subject: text(id) },
  'POST /cleanup': ({ mode }, { problem }) => ({
    ...{ action: 'clean-up', subject: text(mode), ok: problem === undefined },
  }),
  'POST /upload': () => ({ action: 'upload', subject: '' }),
  'POST /retry': ({ id }) => ({ action: 'retry', subject: text(id) }),
  'POST /selftest': () => ({ action: 'self-test', subject: '' }),
  'POST /played': ({ id, saved }) => ({
    action: saved === true ? 'download' : 'playback',
    subject: text(id),
  }),
};

/** The same answers, each noted once it was given; what was refused as not understood is not. */
export function auditedAnswers(
  answers: Answers,
  {
    catalogue,
    log,
  }: { readonly catalogue: Pick<Catalogue, 'addAudit' | 'groupOfRecord'>; readonly log: Log },
): Answers {
  const note = async (facts: Facts, { actor }: Given): Promise<void> => {
    const who = { actor: text(actor) || 'cli:', address: 'local', at: Date.now() };
    try {
      const group = facts.subject === '' ? undefined : await catalogue.groupOfRecord(facts.subject);
      await catalogue.addAudit({ detail: undefined, ok: true, group, ...facts, ...who });
    } catch (error) {
      log.error('a line of the audit log could not be kept', { ...facts, ...who, error: messageOf(error) });
    }
  };
  const all: Answers = { ...answers, 'POST /played': () => Promise.resolve({}) };
  return Object.fromEntries(
    Object.entries(all).map(([name, answer]) => {
      const factsOf = audited[name];
      if (!factsOf) return [name, answer];
      return [
        name,
        async (body: unknown) => {
          const given = await answer(body);
          const facts = factsOf(asGiven(body), asGiven(given));
          if (facts) await note(facts, asGiven(body));
          return given;
        },
      ];
    }),
  );
}

function asGiven(value: unknown): Given {
  return typeof value === 'object' && value !== null ? (value as Given) : {};
}
