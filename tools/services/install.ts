/** Finds the programs that the services need, and installs those that are missing where it may. Control path. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Full path of a program on PATH, or null. */
export function findCommand(command: string): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, command);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this folder: look on
    }
  }
  return null;
}

/** How to run apt-get as root without being asked for a password; null where that can't be. */
function aptGet(): string[] | null {
  if (findCommand('apt-get') === null) return null;
  if (process.getuid?.() === 0) return ['apt-get'];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n', 'apt-get'] : null;
}

function runApt(apt: readonly string[], args: readonly string[]): void {
  const [command, ...first] = apt;
  const wait = ['-o', 'DPkg::Lock::Timeout=300']; // another run may be installing at this moment
  const run = spawnSync(command ?? 'apt-get', [...first, '-qq', ...wait, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
  });
  if (run.status !== 0)
    throw new Error(`apt-get ${args.join(' ')} failed: ${run.stderr.trim().slice(-1500)}`);
}

let listsFresh = false;

/**
 * Installs Debian packages with apt-get, without their recommended extras.
 *
 * @param why who needs it, for the line that says what is being installed
 * @throws Error that names the packages and the command to run manually
 */
export function installPackages(packages: readonly string[], why: string): void {
  const apt = aptGet();
  const names = packages.join(' ');
  if (apt === null) {
    throw new Error(
      `${why} needs ${names} (names of Debian packages), and this process may not install packages. ` +
        `Install it, for example: sudo apt-get install ${names}`,
    );
  }
  process.stderr.write(`installing ${names} for ${why}\n`);
  if (!listsFresh) runApt(apt, ['update']);
  listsFresh = true;
  runApt(apt, ['install', '-y', '--no-install-recommends', ...packages]);
}

/** Path of a program, installed from its Debian package first where it is missing. */
export function ensureCommand(command: string, debianPackage: string, why: string): string {
  const found = findCommand(command);
  if (found !== null) return found;
  installPackages([debianPackage], why);
  const installed = findCommand(command);
  if (installed === null) {
    throw new Error(
      `${debianPackage} was installed, but ${command} is still not on PATH: ${process.env['PATH']}`,
    );
  }
  return installed;
}
