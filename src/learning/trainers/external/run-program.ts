// Runs a program in a process group of its own, within limits of time and memory (control path). Whatever ends the run ends the
// whole group: the program, its children, and what they leave behind.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { MillraceError } from '../../../core/errors.ts';
import { BoundedLog } from './bounded-log.ts';
import { residentBytes } from './resident-memory.ts';

export interface ProgramRun {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryBytesMax: number;
  readonly signal: AbortSignal;
}

/**
 * The program, and beside it a process that waits for the end of descriptor 3, which this process holds: it kills the group, also
 * if this process was killed and could not.
 */
const GUARDED = '(cat <&3 >/dev/null; kill -KILL 0) >/dev/null 2>&1 & exec "$@" 3<&-';
const MEMORY_EVERY_MS = 500;
/** For output that is still in the pipes, if a process that left the group holds them open. */
const DRAIN_MS_MAX = 2_000;
/** Of the error output, for the verdict. */
const END_BYTES = 1_500;
const TIMER_MS_MAX = 2_147_483_647;

/**
 * Returns what the program wrote to both outputs, as far as it is kept.
 * @throws TRAINING_FAILED with the end of its error output
 */
export async function runProgram(run: ProgramRun): Promise<string> {
  if (process.platform === 'win32')
    throw new MillraceError('TRAINING_FAILED', 'an external trainer needs a POSIX system', {
      remedy: 'Run the engine on Linux or macOS, or use another trainer.',
    });
  const { command, environment, signal } = run;
  const log = new BoundedLog();
  const errors = new BoundedLog();
  const child = spawn('/bin/sh', ['-c', GUARDED, 'sh', ...command], {
    detached: true,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  child.stdout?.on('data', (bytes: Buffer) => log.add(bytes));
  child.stderr?.on('data', (bytes: Buffer) => {
    log.add(bytes);
    errors.add(bytes);
  });
  const guard = child.stdio[3] as Writable; // as stdio says
  guard.on('error', () => undefined);
  const outcome = await ended(child, run).finally(() => {
    kill(child);
    guard.destroy();
  });
  await drained(child);
  if (signal.aborted)
    throw new MillraceError('TRAINING_FAILED', 'training was aborted', { cause: signal.reason });
  if (outcome === null) return log.text();
  const end = errors.end(END_BYTES) || log.end(END_BYTES);
  throw new MillraceError(
    'TRAINING_FAILED',
    `${command.join(' ')} ${outcome}${end === '' ? '' : `: ${end}`}`,
  );
}

/** Why the program did not succeed, as a clause; null if it did. */
async function ended(child: ChildProcess, run: ProgramRun): Promise<string | null> {
  const { timeoutMs, memoryBytesMax, signal } = run;
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const timer = setTimeout(
    () => resolve(`ran longer than ${timeoutMs / 1_000} s and was killed`),
    Math.min(timeoutMs, TIMER_MS_MAX),
  );
  const watch = setInterval(() => {
    const bytes = child.pid === undefined ? 0 : residentBytes(child.pid);
    if (bytes > memoryBytesMax)
      resolve(`used ${mebi(bytes)} of memory, more than ${mebi(memoryBytesMax)}, and was killed`);
  }, MEMORY_EVERY_MS);
  const abort = (): void => resolve('was aborted');
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  child.once('error', (error) => resolve(`cannot be started: ${error.message}`));
  child.once('exit', (code, by) => {
    if (code === 0) resolve(null);
    else resolve(code === null ? `was killed by ${by}` : `ended with exit code ${code}`);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal.removeEventListener('abort', abort);
  }
}

function mebi(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone.
  }
}

async function drained(child: ChildProcess): Promise<void> {
  const closed = [child.stdout, child.stderr].map(async (stream) => {
    if (stream !== null && !stream.closed) await once(stream, 'close');
  });
  await Promise.race([Promise.all(closed), pause(DRAIN_MS_MAX, undefined, { ref: false })]);
  child.stdout?.destroy();
  child.stderr?.destroy();
}
