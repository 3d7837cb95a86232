/** How days are written, as dayjs has it: the same as elsewhere on the pages. */
export const dayFormats = { de: 'DD.MM.YYYY', en: 'DD/MM/YYYY' } as const;

const forms = [
  /^(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})$/,
  /^(?<day>\d{1,2})[./](?<month>\d{1,2})[./](?<year>\d{4})$/,
];

/** A day that somebody typed, as `2026-11-26`. Undefined: it is none. */
export function dayFrom(text: string): string | undefined {
  const groups = forms.map((form) => form.exec(text.trim())?.groups).find((each) => each !== undefined);
  if (!groups) return undefined;
  const { year = '', month = '', day = '' } = groups;
  const wanted = [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-');
  const date = new Date(`${wanted}T12:00:00Z`);
  // The 31st of a shorter month would be the first of the next.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(wanted) ? wanted : undefined;
}
