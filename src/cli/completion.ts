import type { Command, Option } from 'commander';

import { write } from './output.ts';
import type { Shell } from './shells.ts';

/** Prints what has a shell complete the command: `source <(mitschnitt completion bash)`. */
export async function completion(program: Command, shell: Shell): Promise<void> {
  const scripts: Readonly<Record<Shell, (program: Command) => string>> = { bash, zsh, fish };
  await write([scripts[shell](program)]);
}

/** A verb, with the words that lead to it: none for the program itself. */
interface Verb {
  readonly path: readonly string[];
  readonly command: Command;
}

function verbsOf(command: Command, path: readonly string[] = []): readonly Verb[] {
  const verbs = command.createHelp().visibleCommands(command);
  return [{ path, command }, ...verbs.flatMap((verb) => verbsOf(verb, [...path, verb.name()]))];
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

function flagsOf({ short, long }: Option): readonly string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

/** What may stand behind a verb besides options. */
function wordsOf(command: Command): readonly string[] {
  const verbs = command.createHelp().visibleCommands(command);
  const values = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  return [...verbs.map((verb) => verb.name()), ...values];
}

/** What bash does where nothing is named here is to complete the names of files. */
function bash(program: Command): string {
  const verbs = verbsOf(program);
  const paths = verbs.flatMap(({ path }) => (path.length > 0 ? [`/${path.join('/')}`] : []));
  const values = verbs.flatMap(({ path, command }) =>
    optionsOf(command)
      .filter(({ required }) => required)
      .map((option) => {
        const cases = flagsOf(option).map((flag) => `"/${path.join('/')} ${flag}"`);
        return `    ${cases.join('|')}) words="${(option.argChoices ?? []).join(' ')}" ;;`;
      }),
  );
  const words = verbs.map(({ path, command }) => {
    const all = [...wordsOf(command), ...optionsOf(command).flatMap(flagsOf)];
    return `    "/${path.join('/')} "*) words="${all.join(' ')}" ;;`;
  });
  // Also read by the Z shell: there $path is $PATH, and a length that begins with a letter is something else.
  return `_mitschnitt() {
  local verb=/ word words=
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    case "\${verb%/}/$word" in
      ${paths.join('|')}) verb="\${verb%/}/$word" ;;
    esac
  done
  case "$verb \${COMP_WORDS[COMP_CWORD-1]}" in
${[...values, ...words].join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _mitschnitt mitschnitt
`;
}

/** The Z shell takes what bash takes. */
function zsh(program: Command): string {
  return `autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bash(program)}`;
}

function fish(program: Command): string {
  const verbs = verbsOf(program);
  const paths = verbs.flatMap(({ path }) => (path.length > 0 ? [`/${path.join('/')}`] : []));
  const lines = verbs.flatMap(({ path, command }) => {
    const at = `__mitschnitt_at /${path.join('/')}`;
    const words = command.createHelp().visibleCommands(command);
    const values = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
    return [
      ...words.map((verb) => `-n '${at}' -f -a ${verb.name()} -d ${quoted(verb.description())}`),
      ...values.map((value) => `-n '${at}' -f -a ${value}`),
      ...optionsOf(command).map((option) => `-n '${at}' ${fishOption(option)}`),
    ];
  });
  return `function __mitschnitt_at
  set -l words (commandline -opc)
  set -e words[1]
  set -l verb
  for word in $words
    contains -- "$verb/$word" ${paths.join(' ')}
    and set verb "$verb/$word"
  end
  test -n "$verb"; or set verb /
  test "$argv[1]" = "$verb"
end
${lines.map((line) => `complete -c mitschnitt ${line}\n`).join('')}`;
}

function fishOption({ short, long, required, argChoices, description }: Option): string {
  const parts = [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(long === undefined ? [] : [`-l ${long.slice(2)}`]),
    ...(required ? ['-r'] : []),
    ...(argChoices ? [`-f -a '${argChoices.join(' ')}'`] : []),
  ];
  return `${parts.join(' ')} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
