// Turns declared verbs into commander's commands (control path).
import { Command, Option as CommanderOption } from 'commander';
import { argumentForm, type Option, type Verb } from './verb.ts';

function examples(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

function optionOf({ flag, description, default: absent, isRepeated }: Option<unknown>): CommanderOption {
  const option = new CommanderOption(flag, description);
  if (isRepeated === true)
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  return absent === undefined ? option : option.default(absent);
}

export function commandOf(verb: Verb): Command {
  const command = new Command(verb.name).description(verb.description);
  for (const [name, argument] of Object.entries(verb.arguments))
    command.argument(argumentForm(name, argument), argument.description);
  const options = Object.entries(verb.options).map(([name, option]) => [name, optionOf(option)] as const);
  for (const [, option] of options) command.addOption(option);
  const notes = verb.notes === undefined ? '' : `\n${verb.notes}\n`;
  command.addHelpText('after', `${notes}${examples(verb.examples)}`);
  for (const child of verb.verbs) command.addCommand(commandOf(child));
  if (verb.verbs.length > 0) return command;
  return command.action(async () => {
    const given: Record<string, unknown> = command.opts();
    const byName = options.map(([name, option]) => [name, given[option.attributeName()]]);
    await verb.run(command.processedArgs, Object.fromEntries(byName));
  });
}

export interface ProgramParts {
  readonly name: string;
  readonly description: string;
  readonly version?: string;
  readonly verbs: readonly Verb[];
  readonly examples: readonly string[];
  /** Below the examples. */
  readonly notes?: string;
}

/** The whole command line. Parsing throws a CommanderError after it has reported a mistake in the arguments. */
export function programOf(parts: ProgramParts): Command {
  const root = new Command(parts.name).description(parts.description);
  if (parts.version !== undefined) root.version(parts.version);
  root.enablePositionalOptions(); // a verb may have a --version of its own
  const notes = parts.notes === undefined ? '' : `\n${parts.notes}\n`;
  root.addHelpText('after', `${examples(parts.examples)}${notes}`);
  for (const verb of parts.verbs) root.addCommand(commandOf(verb));
  reportAsErrors(root);
  return root;
}

/** Mistakes in the arguments look like all other errors of Millrace. */
function reportAsErrors(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) =>
      write(`millrace: CONFIG_INVALID: ${text.replace(/^error: /, '')}millrace --help lists the commands.\n`),
  });
  for (const child of command.commands) reportAsErrors(child);
}
