/** Runs commands of the documentation in a shell, like a reader. */
import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { bareCommand } from './bare-command.ts';

export interface CommandRun {
  readonly code: number | null;
  /** Standard output and error, interleaved. */
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs until Ctrl-C is interrupted once its output matches. */
  readonly until?: RegExp;
}

/** A command that runs in the background. */
export interface BackgroundCommand {
  /** Resolves once the output matches; rejects if the command ends first. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends Ctrl-C and waits for the command to exit. */
  interrupt(): Promise<CommandRun>;
  readonly ended: Promise<CommandRun>;
}

/** An environment with this version of Node first on the path, and without Millrace's settings. */
function environment(env: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const others = Object.entries(process.env).filter(([name]) => !/^(MILLRACE_|npm_|TAP)/.test(name));
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  // Otherwise npx asks for confirmation before it downloads a package.
  return { ...Object.fromEntries(others), PATH: path, npm_config_yes: 'true', ...env };
}

export function startCommand(command: string, { cwd, env = {} }: CommandOptions): BackgroundCommand {
  // A separate process group, so that an interrupt reaches npm and its child processes, like Ctrl-C.
  const child = spawn(...bareCommand('sh', ['-c', command]), { cwd, env: environment(env), detached: true });
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<CommandRun>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
  return {
    ended,
    printed(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output);
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        const tooSoon = ({ code }: CommandRun): void =>
          reject(new Error(`${command} ended with ${code} before it printed ${pattern}:\n${output}`));
        void ended.then(tooSoon, reject);
      });
    },
    async interrupt() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
      return ended;
    },
  };
}

export async function runCommand(command: string, options: CommandOptions): Promise<CommandRun> {
  const started = startCommand(command, options);
  if (options.until === undefined) return started.ended;
  await started.printed(options.until);
  return started.interrupt();
}
