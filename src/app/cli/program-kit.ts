// What the verbs' declarations share (control path).
import type { Command } from 'commander';
import type { Config } from '../settings/config.ts';
import type { Flags } from './flags.ts';

/** What the argument <topology> is. */
export const TOPOLOGY = 'a topology file, topologies/flights.ts for one';

/** Configuration by the environment, with the flags' problems in the same message. */
export async function configure(
  flags: Flags,
  required: ReadonlyArray<'MILLRACE_KAFKA_BROKERS'> = [],
): Promise<Config> {
  const { readConfig } = await import('../settings/config.ts');
  return readConfig(process.env, flags.problems, required);
}

export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

/** Mistakes in the arguments look like all other errors. */
export function reportAsOurs(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) =>
      write(`millrace: CONFIG_INVALID: ${text.replace(/^error: /, '')}millrace --help lists the commands.\n`),
  });
  for (const child of command.commands) reportAsOurs(child);
}
