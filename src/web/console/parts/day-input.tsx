import '@mantine/dates/styles.css';
import 'dayjs/locale/de';

import { DateInput } from '@mantine/dates';

import { dayFrom, dayFormats } from '../language/days.ts';
import { useSpeech } from '../language/language.tsx';

/** A day as the language writes it, typed or chosen from a calendar. As text (`2026-11-26`); empty: none. */
export function DayInput({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (day: string) => void;
}) {
  const { language, words } = useSpeech();
  const { days } = words;
  return (
    <DateInput
      label={label}
      // What stands in the address of the page may be anything.
      value={dayFrom(value) ?? null}
      onChange={(day) => onChange(day ?? '')}
      dateParser={(text) => dayFrom(text) ?? null}
      valueFormat={dayFormats[language]}
      placeholder={days.form}
      locale={language}
      clearable
      clearButtonProps={{ 'aria-label': `${days.clear}: ${label}` }}
      previousLabel={days.previous}
      nextLabel={days.next}
    />
  );
}
