/**
 * Runs `millrace run` or `millrace start` like a user: in a separate process on a free port, or that of MILLRACE_PORT, until it
 * is stopped.
 */
import { environmentWith } from '../../tools/environment.ts';
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface RunningEngine {
  /** URL of its server, with a trailing slash. */
  readonly url: string;
  /** Stops it gracefully. Resolves with its exit code. */
  stop(): Promise<number | null>;
  /** Ends it by force. Resolves when it is gone. */
  kill(): Promise<void>;
}

/** Resolves when its port is open. @throws Error with its standard error if it exits before */
export async function runEngine(
  words: readonly string[],
  dataFolder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningEngine> {
  const port = settings['MILLRACE_PORT'] ?? '0';
  const child = spawn(process.execPath, ['src/app/main.ts', ...words, '--port', port], {
    cwd: root,
    env: environmentWith({ MILLRACE_DATA: dataFolder, ...settings }),
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    void ended.then((code) => reject(new Error(`millrace ${words.join(' ')} ended with ${code}: ${stderr}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const found = /^dashboard +(\S+)$/m.exec(stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return {
    url,
    async stop(): Promise<number | null> {
      child.kill('SIGTERM');
      return ended;
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
