/**
 * A server process that can't outlive its owner. Control path.
 *
 * Node has no "kill my child when I die", so each server gets a watchdog: a shell that blocks on a pipe from
 * this process. However this process ends (kill -9 as well), the pipe closes, the shell wakes up and ends the server.
 * Server and watchdog run in process groups of their own: a Ctrl-C in the terminal reaches only the owner.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface Launch {
  name: string;
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Standard output and error are appended to this file. */
  logFile: string;
  /** Removed by the watchdog when the owner dies; null for data that stays. */
  scratchDir: string | null;
}

export interface ServerProcess {
  readonly pid: number;
  /** How the process ended ("exit code 1", "SIGKILL"), or null while it runs. */
  ended(): string | null;
  signal(signal: NodeJS.Signals): void;
  /** Resolves once the process is gone; awaiting it doesn't keep this process alive. */
  readonly gone: Promise<void>;
  /** The same, and keeps this process alive until then. */
  waitForEnd(): Promise<void>;
}

const LOG_TAIL_CHARS = 2_000;

/** One line on standard input: the server has ended in order. End of input without one: the owner died. */
const WATCHDOG = `
trap '' HUP INT TERM
read -r line && exit 0
kill -TERM "$1" 2>/dev/null
i=0
while kill -0 "$1" 2>/dev/null && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
kill -KILL "$1" 2>/dev/null
if [ -n "$2" ]; then sleep 0.2; rm -rf "$2"; fi
`;

/** Starts the process; throws when the program can't be run. */
export async function launch(options: Launch): Promise<ServerProcess> {
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.env },
  });
  closeSync(log);
  const pid = await started(child, options);
  const watchdog = spawn(
    '/bin/sh',
    ['-c', WATCHDOG, 'millrace-watchdog', String(pid), options.scratchDir ?? ''],
    {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  watchdog.on('error', () => {}); // without a shell the server merely loses its safety net
  watchdog.stdin.on('error', () => {}); // the watchdog was killed first
  let end: string | null = null;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      end = signal ?? `exit code ${code}`;
      watchdog.stdin.end('ended\n');
      resolve();
    });
  });
  // A forgotten server must not keep a test open: the owner may end, and the watchdog does the rest.
  for (const handle of [child, watchdog]) handle.unref();
  if ('unref' in watchdog.stdin && typeof watchdog.stdin.unref === 'function') watchdog.stdin.unref();
  return {
    pid,
    ended: () => end,
    signal: (signal) => void child.kill(signal),
    gone,
    waitForEnd: () => {
      if (end === null) child.ref();
      return gone;
    },
  };
}

function started(child: ChildProcess, options: Launch): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new Error(`${options.name}: ${options.command} can't be run: ${cause.message}`, { cause }));
    });
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
}

/** The last lines of a log file, for an error message. */
export function logTail(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').slice(-LOG_TAIL_CHARS).trim();
  } catch {
    return '(no log)';
  }
}
