/**
 * `npm run test:package`: packs millrace and create-millrace, and does with the tarballs what a stranger does, on the
 * least and on the newest version of Node. Prints the installed size by package and the seconds to the first prediction.
 * Needs npm and a registry, and nothing else that this repository brings. Control path.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checks } from './package/checks.ts';
import { run, succeed } from './package/commands.ts';
import { environmentOf, installRuntimes, type Runtime } from './package/runtimes.ts';
import { Stranger } from './package/stranger.ts';

const root = join(import.meta.dirname, '..');
/** The least version that package.json names, and the newest line. */
const SUPPORTED = [
  { node: '22.18.0', npm: '10' },
  { node: '24', npm: '11' },
] as const;
const TOO_OLD = { node: '20', npm: '10' } as const;

function pack(folder: string, options: readonly string[] = []): string {
  mkdirSync(folder);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, ...options], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [file] = readdirSync(folder);
  if (file === undefined) throw new Error('npm pack has written nothing');
  return join(folder, file);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

async function checkTarball(checks: Checks, tarball: string): Promise<void> {
  const inRoot = { cwd: root, env: process.env };
  await checks.run('publint finds nothing', async () => {
    await succeed('npx', ['publint', 'run', tarball, '--strict'], inRoot);
  });
  await checks.run('the types are right for every way to import it', async () => {
    // It is for import alone: a require gets the same module from Node 22.12 on.
    await succeed('npx', ['attw', tarball, '--profile', 'esm-only'], inRoot);
  });
}

async function checkOldNode(checks: Checks, old: Runtime, installed: string): Promise<void> {
  await checks.run(`${old.name}: one clear line`, async () => {
    const millrace = join(installed, 'node_modules', '.bin', 'millrace');
    const { code, stdout, stderr } = await run(millrace, ['--help'], {
      cwd: installed,
      env: environmentOf(old),
    });
    const isOneLine = /^millrace: this is Node\.js 20\.[\d.]+; Millrace needs 22\.18 or newer.*\n$/.test(
      stderr,
    );
    if (code !== 1 || stdout !== '' || !isOneLine) throw new Error(`${code}: ${stdout}${stderr}`);
  });
}

async function checkCreate(checks: Checks, runtime: Runtime, folder: string, tarball: string): Promise<void> {
  await checks.run(`${runtime.name}: npm create millrace writes the same project`, async () => {
    const place = { cwd: folder, env: environmentOf(runtime) };
    const empty = join(folder, 'create');
    mkdirSync(empty);
    writeFileSync(join(empty, 'package.json'), '{ "private": true }\n');
    await succeed('npm', ['install', tarball], { ...place, cwd: empty });
    await succeed('npx', ['create-millrace', 'app'], { ...place, cwd: empty });
    await succeed('npx', ['millrace', 'init', 'fresh'], place);
    const [created, initialised] = [join(empty, 'app'), join(folder, 'fresh')].map(filesBelow);
    if (created?.join() !== initialised?.join())
      throw new Error(`${created?.join()}\n${initialised?.join()}`);
  });
}

const temporary = mkdtempSync(join(tmpdir(), 'millrace-package-'));
const checks = new Checks();
try {
  const tarball = pack(join(temporary, 'millrace'));
  const create = pack(join(temporary, 'create'), ['--workspace', 'create-millrace']);
  await checkTarball(checks, tarball);
  const [old, ...runtimes] = installRuntimes(join(temporary, 'runtimes'), [TOO_OLD, ...SUPPORTED]);
  for (const [i, runtime] of runtimes.entries()) {
    const folder = join(temporary, `stranger-${i}`);
    await new Stranger({ runtime, folder, tarball, checks }).run();
    if (i > 0) continue;
    if (old !== undefined) await checkOldNode(checks, old, folder);
    await checkCreate(checks, runtime, folder, create);
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
process.stdout.write(`\n${checks.summary}\n`);
process.exitCode = checks.failed === 0 ? 0 : 1;
