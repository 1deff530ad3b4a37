// What the verbs' declarations share (control path).
import type { Config } from './config.ts';
import type { Flags } from './flags.ts';

/** What the argument <topology> is. */
export const TOPOLOGY = 'a topology file, topologies/flights.ts for one';

/** Configuration by the environment, with the flags' problems in the same message. */
export async function configure(
  flags: Flags,
  required: ReadonlyArray<'MILLRACE_KAFKA_BROKERS'> = [],
): Promise<Config> {
  const { readConfig } = await import('./config.ts');
  return readConfig(process.env, flags.problems, required);
}

export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
