// Finds the millrace that a topology's project has installed (control path). A topology imports `millrace` from its own
// project; a command that was started elsewhere (npx, a global installation) must run that one, as two copies of the
// modules would each have their own classes.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const MODULE = /\.[cm]?[jt]s$/;

interface PackageJson {
  readonly bin?: string | { readonly millrace?: string };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** The first argument that names a module: the topology. */
function moduleAmong(args: readonly string[]): string | null {
  const named = args.find((argument) => MODULE.test(argument) && isFile(argument));
  return named === undefined ? null : resolve(named);
}

/**
 * The file of the command line of the project's millrace; null if the arguments name no module, the project has none, or
 * its millrace is the one at `ownRoot`.
 */
export function projectCommand(args: readonly string[], ownRoot: string): string | null {
  const file = moduleAmong(args);
  if (file === null) return null;
  let manifest: string;
  try {
    manifest = createRequire(realpathSync(file)).resolve('millrace/package.json');
  } catch {
    return null; // not installed there: the import of the topology says so
  }
  const root = realpathSync(dirname(manifest));
  if (root === realpathSync(ownRoot)) return null;
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as PackageJson; // npm has checked it
  const command = typeof bin === 'string' ? bin : bin?.millrace;
  return command === undefined ? null : join(root, command);
}
