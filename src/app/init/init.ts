// Writes a new project from a template (control path). This folder imports nothing beyond itself and the templates: it
// is the whole of the package create-millrace as well, which a user downloads before Millrace itself.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sampleEvents } from './sample-events.ts';

const PACKAGE = new URL('../../../', import.meta.url);
const TEMPLATE = fileURLToPath(new URL('templates/payments/', PACKAGE));

/** Why a project cannot be written, as a sentence without a full stop. */
export class InitError extends Error {}

/** Names that npm would not pack, or that would count for the files around the template, begin with `_` there. */
function targetName(name: string): string {
  if (!name.startsWith('_')) return name;
  const rest = name.slice(1);
  return ['package.json', 'tsconfig.json'].includes(rest) ? rest : `.${rest}`;
}

/** A name that npm accepts, from that of a folder. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'millrace-app' : name;
}

/** What a folder may hold that becomes a project: a repository without files. */
const ALLOWED = new Set(['.git']);

/** @throws InitError if there is something else in the folder */
function emptyFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const found = readdirSync(folder).filter((name) => !ALLOWED.has(name));
  if (found.length === 0) return;
  const some = found.slice(0, 3).join(', ');
  throw new InitError(`${folder} is not empty (${some}): name a new folder, or empty this one`);
}

/** Every file below the folder, relative to it. */
function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * Writes the project into `folder`, which is created if it does not exist. Returns the files, relative to it.
 * @throws InitError if the folder is not empty, or cannot be written to
 */
export function initProject(folder: string): string[] {
  const target = resolve(folder);
  try {
    return writeProject(target);
  } catch (error) {
    // Errors of the file system have a code.
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new InitError(`${target} cannot be written to (${error.message}): name another folder`, {
      cause: error,
    });
  }
}

function writeProject(target: string): string[] {
  emptyFolder(target);
  const { version } = JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8')) as {
    version: string;
  };
  const values: ReadonlyArray<readonly [string, string]> = [
    ['__NAME__', packageName(target)],
    ['__VERSION__', version],
  ];
  for (const file of filesBelow(TEMPLATE)) {
    const to = join(target, ...file.split(/[\\/]/).map(targetName));
    mkdirSync(join(to, '..'), { recursive: true });
    const text = readFileSync(join(TEMPLATE, file), 'utf8');
    writeFileSync(
      to,
      values.reduce((sum, [name, value]) => sum.replaceAll(name, value), text),
    );
  }
  const lines = sampleEvents().map((event) => `${JSON.stringify(event)}\n`);
  writeFileSync(join(target, 'events.ndjson'), lines.join(''));
  return filesBelow(target).filter((file) => !file.startsWith('.git/'));
}

/** What the user does next, for a terminal. */
export function nextSteps(folder: string, files: readonly string[]): string {
  const enter = resolve(folder) === process.cwd() ? '' : `  cd ${folder}\n`;
  return `${files.length} files written.\n\n${enter}  npm install\n  npm start\n`;
}
