/** Runs the command line like a user: in a separate process, without the MILLRACE_* settings of the environment. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bareCommand } from './bare-command.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function millrace(args: readonly string[], settings: Record<string, string> = {}): Promise<Ended> {
  return node(['src/app/main.ts', ...args], settings);
}

/** The demo's commands, which are not part of the package. */
export function demo(args: readonly string[], settings: Record<string, string> = {}): Promise<Ended> {
  return node(['demo/main.ts', ...args], settings);
}

/** Runs any script of the project in the same way. */
export function node(args: readonly string[], settings: Record<string, string> = {}): Promise<Ended> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'));
  const env = { ...Object.fromEntries(others), ...settings };
  const child = spawn(...bareCommand(process.execPath, args, settings['NODE_OPTIONS']), { cwd: root, env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
