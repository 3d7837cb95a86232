import { localDateTime } from '../recording/local-time.ts';
import { hintIn } from '../error-words.ts';
import { visibleLine } from '../recording/untrusted-text.ts';
import type { AlarmNotice } from '../catalogue/catalogue.ts';
import type { Instant } from '../call/call.ts';
import { noticeWords, type KindWords, type NoticeLanguage } from './notice-words.ts';
import type { NoticeItem } from './notices.ts';

/** One message for people or programs. */
export interface NoticeMessage {
  /** The same for the same content, however often it is sent: a UUID. */
  readonly id: string;
  readonly sentAt: Instant;
  readonly items: readonly NoticeItem[];
}

/** In which form people are told. */
export interface NoticeForm {
  readonly language: NoticeLanguage;
  /** IANA time zone of the PBX. */
  readonly timeZone: string;
  /** Name of this machine: who runs several must know which one. */
  readonly host: string;
}

/** Longer subjects are cut by mail programs, in characters. */
const longestSubject = 150;

/** Subject and text of an e-mail. */
export function noticeText(
  { items }: NoticeMessage,
  form: NoticeForm,
): { readonly subject: string; readonly text: string } {
  const { frame } = noticeWords[form.language];
  const headlines = items.map(
    ({ state, notice }) => `${frame.states[state]}: ${titleOf(notice, form.language)}`,
  );
  const [only = ''] = headlines;
  const summary =
    headlines.length === 1 ? only : `${frame.alarms(headlines.length)}: ${headlines.join('; ')}`;
  const subject = `[Mitschnitt ${form.host}] ${summary}`;
  return {
    subject: subject.length > longestSubject ? `${subject.slice(0, longestSubject - 3)}...` : subject,
    text: `${items.map((item) => paragraph(item, form)).join('\n')}\n-- \nMitschnitt, ${form.host}\n`,
  };
}

function paragraph({ state, notice }: NoticeItem, form: NoticeForm): string {
  const { frame } = noticeWords[form.language];
  const { meaning, remedy } = wordsOf(notice, form.language);
  const time = (instant: Instant) => `${localDateTime(instant, form.timeZone)} (${form.timeZone})`;
  const stands = state === 'raised' || state === 'reminder';
  const lines = [
    `${frame.states[state]}: ${titleOf(notice, form.language)}`,
    `${frame.since}: ${time(notice.since)}`,
    ...(notice.endedAt === undefined ? [] : [`${frame.until}: ${time(notice.endedAt)}`]),
    ...(notice.times > 1 ? [frame.times(notice.times)] : []),
    ...(stands ? [`${frame.meaning}: ${meaning}`, `${frame.remedy}: ${remedy}`] : []),
    `${frame.message}: ${visibleLine(notice.problem)}`,
    ...(stands && notice.hint !== '' ? [`${frame.hint}: ${visibleLine(hintIn(form.language, notice))}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** What happened, in one line. */
function titleOf(notice: Pick<AlarmNotice, 'kind' | 'subject'>, language: NoticeLanguage): string {
  return wordsOf(notice, language).title(visibleLine(notice.subject));
}

/** What an alarm is called in a language, what it means and what to do. */
export function wordsOf({ kind }: Pick<AlarmNotice, 'kind'>, language: NoticeLanguage): KindWords {
  const kinds: Readonly<Record<string, KindWords | undefined>> = noticeWords[language].kinds;
  // Of a version that knew other kinds.
  return kinds[kind] ?? { title: (subject) => `${kind}: ${subject}`, meaning: '', remedy: '' };
}

/** The body of a webhook's request, as JSON. Times are ISO 8601, UTC; what is not known is null. */
export function noticeJson({ id, sentAt, items }: NoticeMessage, { language, host }: NoticeForm) {
  const time = (instant: Instant | undefined) =>
    instant === undefined ? null : new Date(instant).toISOString();
  return {
    type: 'mitschnitt.alarms',
    id,
    host,
    sent: time(sentAt),
    alarms: items.map(({ state, notice }) => {
      const { meaning, remedy } = wordsOf(notice, language);
      return {
        state,
        kind: notice.kind,
        subject: notice.subject,
        title: titleOf(notice, language),
        since: time(notice.since),
        until: time(notice.endedAt),
        times: notice.times,
        fault: notice.fault,
        problem: notice.problem,
        code: notice.code ?? null,
        hint: hintIn(language, notice),
        meaning,
        remedy,
      };
    }),
  };
}
