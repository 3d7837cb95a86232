import type { CallDetail } from '../../src/call/account.ts';

/** A call as Asterisk writes it into its account. */
export function lineOf(detail: CallDetail, name: string): string {
  const time = (at: number) => new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  const answer = detail.answeredAt === undefined ? '' : `"${time(detail.answeredAt)}"`;
  const quoted = (...texts: readonly string[]) =>
    texts.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');
  return [
    quoted('', detail.from, detail.to, 'x', name, detail.callerName, detail.calledName, 'Dial', ''),
    quoted(time(detail.startedAt)),
    answer,
    quoted(time(detail.endedAt)),
    '39,39',
    quoted(answer === '' ? 'NO ANSWER' : 'ANSWERED', 'DOCUMENTATION', detail.channel, '', ''),
    quoted(detail.linkedId ?? ''),
    '1',
  ].join(',');
}
