/** What the forms of the JSON have in common: kinds of values, each with what it means. */
import { z } from 'zod';

export const text = (meaning: string) => z.string().describe(meaning);
export const count = (meaning: string) => z.int().nonnegative().describe(meaning);
export const number = (meaning: string) => z.number().describe(meaning);
export const flag = (meaning: string) => z.boolean().describe(meaning);
export const time = (meaning: string) => z.iso.datetime({ offset: true }).describe(meaning);
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words, meaning: string) =>
  z.enum(words).describe(meaning);

/** The same, told elsewhere on the page. */
export const like = <Form extends z.ZodType>(form: Form, place: string, meaning: string): Form =>
  form.meta({ description: meaning, like: place });

/** The same, or null. */
export function orNull<Form extends z.ZodType>(form: Form) {
  const { description } = form;
  const nullable = form.nullable();
  return description === undefined ? nullable : nullable.describe(description);
}

export const direction = ['incoming', 'outgoing', 'internal'] as const;
export const fault = ['configuration', 'destination', 'asterisk', 'defect'] as const;
export const outcome = [
  ...(['recorded', 'declined', 'not-agreed', 'not-announced', 'announcement-failed', 'excepted'] as const),
  ...(['direction-off', 'not-answered', 'too-short', 'start-failed', 'disk-full', 'lost'] as const),
] as const;

/** What an error says, where it may be absent. */
export const errorOrNull = {
  code: orNull(text('Stable, for programs: `login-refused`.')),
  message: orNull(text('What happened.')),
  fault: orNull(oneOf(fault, 'Who has to act.')),
  hint: orNull(text('What to do about it.')),
};

/** The last thing that went wrong at a target. */
export const problemAt = (meaning: string) =>
  orNull(
    z
      .strictObject({
        at: time('When.'),
        code: text('Stable, for programs: `login-refused`.'),
        message: text('What happened.'),
        hint: text('What to do about it.'),
      })
      .describe(meaning),
  );
