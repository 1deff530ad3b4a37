/** Folders that are filled once and kept, and the commands that fill them. Control path. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';

const SAID_CHARS = 2_000;

/** Runs a command to its end. @throws Error with its output if it fails or cannot be started */
export function runCommand(command: string, args: readonly string[], cwd?: string): void {
  const result = spawnSync(command, args, { encoding: 'utf8', ...(cwd === undefined ? {} : { cwd }) });
  if (result.status === 0) return;
  const output = result.error?.message ?? `${result.stdout}${result.stderr}`.trim().slice(-SAID_CHARS);
  throw new Error(`${command} ${args.join(' ')} failed: ${output}`);
}

/**
 * Calls `make` with an empty folder of this process and renames it to `folder`, so that an interrupted or concurrent run
 * leaves no half-filled folder. Does nothing if `folder` exists.
 */
export function makeOnce(folder: string, make: (own: string) => void): void {
  if (existsSync(folder)) return;
  const own = `${folder}.${process.pid}`;
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  try {
    make(own);
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // otherwise another process was first
  }
}
