/** Commands as a user types them. Control path. */
import { spawn } from 'node:child_process';
import { MS_PER_SECOND } from '../../src/core/time.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with all of standard output whenever there is more of it, and with how to send the command a signal. */
  readonly onOutput?: (stdout: string, signal: (name: NodeJS.Signals) => void) => void;
  /** After which the command gets SIGTERM, ms; five minutes by default, 0 for never. */
  readonly timeoutMs?: number;
}

/** Longer than any command takes on a busy machine. */
const MS_MAX = 300_000;

/** Resolves when the command has ended, however it has. */
export function run(command: string, args: readonly string[], options: CommandOptions): Promise<Ended> {
  const { cwd, env, onOutput, timeoutMs = MS_MAX } = options;
  const startedMs = performance.now();
  const child = spawn(command, args, { cwd, env, timeout: timeoutMs });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onOutput?.(stdout, (name) => child.kill(name));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr, seconds: (performance.now() - startedMs) / MS_PER_SECOND });
    });
  });
}

/** @throws if the command fails, with all that it has printed */
export async function succeed(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<Ended> {
  const ended = await run(command, args, options);
  if (ended.code === 0) return ended;
  const line = [command, ...args].join(' ');
  throw new Error(`${line}\nended with ${ended.code}\n${ended.stdout}\n${ended.stderr}`);
}
