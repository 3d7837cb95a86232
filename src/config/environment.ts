/**
 * `${NAME}` in the configuration. In YAML a brace ends a plain value within `{ }`, so the braces are exchanged for
 * characters without a meaning before it is parsed, one for one so that positions stay. What a variable contains is put
 * in after parsing: it can never become YAML.
 */

const open = '\u{FDD0}';
const close = '\u{FDD1}';

/** Hides the braces of `${...}` and `$${...}` from the YAML parser. */
export function hideVariables(text: string): string {
  return text.replaceAll(/\$\{([^{}\r\n]*)\}/g, `$$${open}$1${close}`);
}

/** The text as it stood in the file. */
export function showVariables(hidden: string): string {
  return hidden.replaceAll(open, '{').replaceAll(close, '}');
}

/** A text with its variables put in, and what was wrong with them. */
export interface Substituted {
  readonly text: string;
  readonly problems: readonly string[];
  /** Whether any variable was in it. */
  readonly variables: boolean;
}

/** Puts in the variables of a text whose braces were hidden; `$${NAME}` becomes `${NAME}`. */
export function substitute(hidden: string, environment: NodeJS.ProcessEnv): Substituted {
  const problems: string[] = [];
  let variables = false;
  const text = hidden.replaceAll(
    new RegExp(`(\\$?)\\$${open}([^${close}]*)${close}`, 'g'),
    (_match, escape: string, name: string) => {
      if (escape !== '') return `\${${name}}`;
      variables = true;
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        problems.push(`\${${name}} is not the name of an environment variable`);
      } else if (environment[name] === undefined) {
        problems.push(`the environment variable ${name} is not set`);
      }
      return environment[name] ?? '';
    },
  );
  return { text, problems, variables };
}
