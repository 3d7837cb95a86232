import type { Command, Help } from 'commander';

import { write } from './output.ts';

/** Prints the manual page, in the macros of man(7). */
export async function manual(program: Command): Promise<void> {
  await write([page(program)]);
}

function page(program: Command): string {
  const help = program.createHelp();
  return [
    '.TH MITSCHNITT 1',
    '.SH NAME',
    `mitschnitt \\- ${text(program.description())}`,
    '.SH SYNOPSIS',
    text(help.commandUsage(program)),
    '.SH OPTIONS',
    ...options(help, program),
    '.SH COMMANDS',
    ...help.visibleCommands(program).flatMap((verb) => section(help, verb)),
    ending,
  ].join('\n');
}

function section(help: Help, verb: Command): readonly string[] {
  const verbs = help.visibleCommands(verb);
  if (verbs.length > 0) return verbs.flatMap((each) => section(help, each));
  const values = help
    .visibleArguments(verb)
    .flatMap((each) => item(help.argumentTerm(each), help.argumentDescription(each)));
  const opening = [`.SS "${text(help.commandUsage(verb))}"`, `${text(verb.description())}.`];
  return [...opening, ...values, ...options(help, verb)];
}

function options(help: Help, verb: Command): readonly string[] {
  return help
    .visibleOptions(verb)
    .flatMap((option) => item(help.optionTerm(option), help.optionDescription(option)));
}

function item(term: string, description: string): readonly string[] {
  return ['.TP', `.B "${text(term)}"`, text(description)];
}

/** Characters that mean something to roff. None of our texts has a quotation mark in a heading. */
function text(raw: string): string {
  return raw
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replace(/^[.']/, '\\&$&');
}

const ending = `.SH EXIT STATUS
.TP
.B 0
All is fine.
.TP
.B 1
Something is wrong that none of the others names.
.TP
.B 2
Wrong usage, or a configuration file that cannot be used.
.TP
.B 3
Asterisk cannot be reached.
.TP
.B 4
A target cannot be reached.
.SH ENVIRONMENT
.TP
.B MITSCHNITT_CONFIG
The configuration file where \\-\\-config names none.
.TP
.B NO_COLOR
If it is set and not empty, nothing is coloured.
.SH FILES
.TP
.I /etc/mitschnitt/mitschnitt.yaml
The configuration.
`;
