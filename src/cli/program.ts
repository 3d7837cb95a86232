import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { controls, type Control } from '../call/call.ts';
import { ownVersion } from '../version.ts';
import { shells, type Shell } from './shells.ts';
import type { UserAddOptions } from './users.ts';
import type { EraseOptions } from './erase.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import type { HoldOptions } from './hold.ts';
import { outcomes } from './outcomes.ts';
import { tellError } from './output.ts';
import { allowedInstants, isPointInTime } from './point-in-time.ts';
import type { PlayOptions } from './play.ts';
import type { StatusOptions } from './status.ts';
import type { VerifyOptions } from './verify.ts';

const defaultFile = '/etc/mitschnitt/mitschnitt.yaml';

/**
 * The command line. Sets the exit code of the process and returns when the command is done.
 * @param args what follows the name of the program.
 */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await commandLine().parseAsync(args, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      // Commander has told it already. It also ends --help and --version so, with 0.
      process.exitCode = thrown.exitCode === 0 ? exitCodes.fine : exitCodes.configuration;
      return;
    }
    tellError(thrown);
    process.exitCode = exitCodeOf(thrown);
  }
}

function commandLine(): Command {
  const program = new Command('mitschnitt')
    .description('Records the telephone calls of the members of a group on an Asterisk PBX.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('Add --help to see what is allowed.')
    .exitOverride();
  verb(program, 'run', 'run the recorder until it is told to stop').action(
    async (options: { config: string }) => (await import('./run.ts')).run(options),
  );
  verb(program, 'check', 'check the configuration, Asterisk, every target and the prompts')
    .addOption(json())
    .action(async (options: { config: string }) => (await import('./check.ts')).check(options));
  verb(program, 'status', 'show the state of the running recorder')
    .addOption(new Option('--watch [seconds]', 'show it again and again').preset('2').argParser(wholeSeconds))
    .addOption(json())
    .action(async (options: StatusOptions) => (await import('./status.ts')).status(options));
  verb(program, 'calls', 'list the calls of members that go on now')
    .addOption(json())
    .action(async (options: { config: string }) => (await import('./calls.ts')).calls(options));
  for (const control of controls) addControl(program, control);
  addSelfTest(program);
  addCleanup(program);
  addRecordings(program);
  addPlay(program);
  addReport(program);
  addVerify(program);
  addCompleteness(program);
  addDeliveries(program);
  addRetention(program);
  addUsers(program);
  addConfig(program);
  addCompletion(program);
  // For us: the page comes with the package.
  program
    .command('manual', { hidden: true })
    .action(async () => (await import('./manual.ts')).manual(program));
  return program;
}

function verb(parent: Command, name: string, description: string): Command {
  // What is in the environment goes for what is built in.
  const file = new Option('-c, --config <file>', 'configuration file')
    .env('MITSCHNITT_CONFIG')
    .default(defaultFile);
  return parent.command(name).description(description).addOption(file).allowExcessArguments(false);
}

const json = () => new Option('--json', 'print JSON');

const from = () =>
  new Option('--from <time>', `only what began at or after this: ${allowedInstants}`).argParser(pointInTime);

const to = () =>
  new Option(
    '--to <time>',
    'only what began before this, in the same forms; a date includes that day',
  ).argParser(pointInTime);

function pointInTime(text: string): string {
  if (isPointInTime(text)) return text;
  throw new InvalidArgumentError(`Allowed is ${allowedInstants}.`);
}

function wholeSeconds(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Allowed are whole seconds from 1 to 9999.');
}

const controlMeanings: Readonly<Record<Control, string>> = {
  pause: 'make a recording silent; what is said meanwhile is not in the file',
  resume: 'end a pause',
  stop: 'end a recording; the call goes on',
  start: 'record a talk from now on that is not recorded',
};

function addControl(program: Command, control: Control): void {
  verb(program, control, controlMeanings[control])
    .argument('<id>', 'id of the recording, or of the call if only one member talks in it')
    .addOption(json())
    .action(async (id: string, options: { config: string }) =>
      (await import('./calls.ts')).control(control, id, options),
    );
}

function addSelfTest(program: Command): void {
  verb(program, 'selftest', 'call through announcement, recording and delivery, and tell what is wrong')
    .addOption(json())
    .action(async (options: { config: string; json?: boolean }) =>
      (await import('./selftest.ts')).selftest(options),
    );
}

function addCleanup(program: Command): void {
  verb(program, 'cleanup', 'take recordings out of the spool that Asterisk still holds open')
    .option('--stuck', 'only those whose call is over or that run for too long')
    .option('--all', 'end every running recording; the calls go on')
    .option('-y, --yes', 'do not ask before --all')
    .addOption(json())
    .action(
      async (
        options: { config: string; stuck?: boolean; all?: boolean; yes?: boolean },
        command: Command,
      ) => {
        if ((options.stuck === true) === (options.all === true))
          command.error('error: give either --stuck or --all');
        await (await import('./cleanup.ts')).cleanup(options.all === true ? 'all' : 'stuck', options);
      },
    );
}

function addRecordings(program: Command): void {
  verb(program, 'recordings', 'list what became of the calls')
    .addOption(from())
    .addOption(to())
    .option('--number <digits>', 'only with this in the number of either party')
    .option('--group <name>', 'only of this group')
    .addOption(new Option('--outcome <outcome>', 'only with this outcome').choices(outcomes))
    .addOption(json())
    .action(async (options: { config: string }) => (await import('./recordings.ts')).recordings(options));
}

function addPlay(program: Command): void {
  verb(program, 'play', 'play a recording, or save it')
    .argument('<id>', 'id of the recording, or of the call if it has only one')
    .option('--save <file>', 'save it there instead')
    .option('--force', 'overwrite that file')
    .action(async (id: string, options: PlayOptions, command: Command) => {
      if (options.force === true && options.save === undefined)
        command.error('error: --force goes with --save');
      await (await import('./play.ts')).play(id, options);
    });
}

function addReport(program: Command): void {
  verb(program, 'report', 'print the report of a period')
    .addOption(from().makeOptionMandatory())
    .addOption(to().makeOptionMandatory())
    .option('--group <name>', 'only of this group')
    .addOption(new Option('--format <format>', 'form of the report').choices(['csv', 'json']).default('csv'))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))
    .action(async (options: { config: string; from: string; to: string; format: 'csv' | 'json' }) =>
      (await import('./report.ts')).report(options),
    );
}

function addVerify(program: Command): void {
  verb(program, 'verify', 'tell whether delivered recordings are intact')
    .argument('<path>', 'a recording, or a folder of them such as a mounted share')
    .addOption(from())
    .addOption(to())
    .option('--target <name>', 'what this target should have in the period; default: what any target has')
    .option('--sidecars', 'compare with the JSON beside each recording: needs no catalogue')
    .addOption(json())
    .action(async (path: string, options: VerifyOptions, command: Command) => {
      const hasPeriod = options.from !== undefined || options.to !== undefined;
      if (options.sidecars === true && (hasPeriod || options.target !== undefined))
        command.error('error: what is missing in a period is told by the catalogue, not with --sidecars');
      if (options.target !== undefined && !hasPeriod)
        command.error('error: --target needs a period: --from, --to or both');
      await (await import('./verify.ts')).verify(path, options);
    });
}

function addCompleteness(program: Command): void {
  verb(program, 'completeness', 'state which calls were to be recorded, and which are missing')
    .addOption(from())
    .addOption(to())
    .addOption(json())
    .action(async (options: { config: string }) => (await import('./completeness.ts')).completeness(options));
}

function addDeliveries(program: Command): void {
  verb(program, 'upload', 'deliver now all that waits, whatever schedule and windows say')
    .option('--watch', 'show how far it is')
    .addOption(json())
    .action(async (options: { config: string }) => (await import('./upload.ts')).upload(options));
  verb(program, 'deliveries', 'list what waits to be delivered or was set aside: recordings and reports')
    .addOption(new Option('--state <state>', 'only in this state').choices(['pending', 'set-aside']))
    .option('--target <name>', 'only to this target')
    .addOption(json())
    .action(async (options: { config: string }) => (await import('./deliveries.ts')).deliveries(options));
  verb(program, 'retry', 'try again what was set aside')
    .argument('[id]', 'id of the recording, or of the report')
    .option('--all', 'all that was set aside')
    .addOption(json())
    .action(async (id: string | undefined, options: { config: string; all?: boolean }, command: Command) => {
      if ((id === undefined) !== (options.all === true))
        command.error('error: give either the id of a recording or report, or --all');
      await (await import('./retry.ts')).retry(id, options);
    });
}

function addRetention(program: Command): void {
  const reason = () => new Option('--reason <text>', 'why, kept with it');
  const number = () => new Option('--number <number>', 'everything of this number').argParser(wholeNumber);
  for (const what of ['hold', 'release'] as const) {
    const held = verb(
      program,
      what,
      what === 'hold' ? 'forbid that something is deleted' : 'end a hold',
    ).argument('[id]', 'id of the recording or of the call');
    if (what === 'hold') held.addOption(reason());
    held
      .addOption(number())
      .addOption(json())
      .action(async (id: string | undefined, options: HoldOptions, command: Command) => {
        if ((id === undefined) === (options.number === undefined))
          command.error('error: give either the id of a recording or call, or --number');
        await (await import('./hold.ts')).hold(what, id, options);
      });
  }
  verb(program, 'erase', 'find and remove everything about a number')
    .addOption(number().makeOptionMandatory())
    .option('--dry-run', 'only say what there is')
    .option('--yes', 'do not ask; for scripts')
    .option('--certificate <file>', 'write the certificate there as JSON, and as text beside it')
    .addOption(json())
    .action(async (options: EraseOptions) => (await import('./erase.ts')).erase(options));
  verb(program, 'deletions', 'list what was deleted, and why')
    .option('--erasure <id>', 'only what this erasure did')
    .addOption(json())
    .action(async (options: { config: string }) => (await import('./deletions.ts')).deletions(options));
}

function wholeNumber(text: string): string {
  if (/^\+?[0-9][0-9 ()./-]{0,30}$/.test(text)) return text;
  throw new InvalidArgumentError('Allowed is a whole telephone number such as +41791234567.');
}

function addUsers(program: Command): void {
  const user = program.command('user').description('manage who may use the console').helpCommand(false);
  verb(user, 'add', 'add a user; the password is asked for, or read from standard input')
    .argument('<name>', 'name to sign in with')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--group <name...>', 'the groups of a supervisor')
    .action(async (name: string, options: UserAddOptions, command: Command) => {
      if ((options.role === 'supervisor') !== (options.group !== undefined))
        command.error('error: a supervisor needs --group, and only a supervisor');
      await (await import('./users.ts')).addUser(name, options);
    });
  verb(user, 'password', 'give a user another password, and sign it out everywhere')
    .argument('<name>', 'name of the user')
    .action(async (name: string, options: { config: string }) =>
      (await import('./users.ts')).changePassword(name, options),
    );
  verb(user, 'remove', 'remove a user, and sign it out everywhere')
    .argument('<name>', 'name of the user')
    .action(async (name: string, options: { config: string }) =>
      (await import('./users.ts')).removeUser(name, options),
    );
  verb(user, 'list', 'list all users')
    .addOption(json())
    .action(async (options: { config: string }) => (await import('./users.ts')).listUsers(options));
}

const roles = ['administrator', 'supervisor', 'auditor'];

function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('show the format of the configuration file')
    .helpCommand(false);
  config
    .command('schema')
    .description('print its JSON Schema, for editors')
    .action(async () => (await import('./config.ts')).configSchema());
  config
    .command('reference')
    .description('print the reference of all its keys, in Markdown')
    .action(async () => (await import('./config.ts')).configReference());
}

function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what makes a shell complete this command')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .allowExcessArguments(false)
    .action(async (shell: Shell) => (await import('./completion.ts')).completion(program, shell));
}
