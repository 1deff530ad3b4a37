/** Runs the command line like a user: in a separate process, without the MILLRACE_* settings of the environment. */
import { join } from 'node:path';
import { environmentWith } from '../../tools/environment.ts';
import { type Ended, run } from '../../tools/package/commands.ts';
import { bareCommand } from './bare-command.ts';

const root = join(import.meta.dirname, '..', '..');

/** @param timeoutMs after which it is stopped, which an engine takes for a normal end; 0 for never */
export function millrace(
  args: readonly string[],
  settings: Record<string, string> = {},
  timeoutMs?: number,
): Promise<Ended> {
  return node(['src/app/main.ts', ...args], settings, timeoutMs);
}

/** The demo's commands, which are not part of the package. */
export function demo(args: readonly string[], settings: Record<string, string> = {}): Promise<Ended> {
  return node(['demo/main.ts', ...args], settings);
}

/** Runs any script of the project in the same way. */
export function node(
  args: readonly string[],
  settings: Record<string, string> = {},
  timeoutMs?: number,
): Promise<Ended> {
  const env = environmentWith(settings);
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  return run(...bareCommand(process.execPath, args, settings['NODE_OPTIONS']), { cwd: root, env, ...limit });
}
