/**
 * Starts Node with a newer C library than the machine's, for uWebSockets.js only.
 *
 * Its binary needs glibc 2.38; Debian 12 has 2.36. There, the loader and libraries of Debian 13 are unpacked into the test
 * cache (nothing is installed) and Node is started by that loader. apt verifies Debian's signature as usual.
 * In such a process `process.execPath` is the loader: do not spawn it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeOnce, runCommand } from '../../tools/services/make-once.ts';

const cacheDir = join(import.meta.dirname, '..', '.cache');

const GLIBC_MIN = [2, 38] as const;
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const SUITE = 'trixie';
const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1'];

const LOADERS: Readonly<Record<string, { folder: string; loader: string }>> = {
  x64: { folder: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { folder: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

function isGlibcNewEnough(): boolean {
  if (process.platform !== 'linux') return true;
  const report = process.report.getReport();
  const header = 'header' in report ? report.header : null;
  const version =
    typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header
      ? header.glibcVersionRuntime
      : '';
  const [major = 0, minor = 0] = String(version).split('.').map(Number);
  return major > GLIBC_MIN[0] || (major === GLIBC_MIN[0] && minor >= GLIBC_MIN[1]);
}

/** Runs apt with its own source, lists, cache and keyring; those of the machine are neither read nor changed. */
function unpackDebian(dir: string): void {
  const apt = join(dir, 'apt');
  for (const folder of ['lists/partial', 'cache/archives/partial', 'debs']) {
    mkdirSync(join(apt, folder), { recursive: true });
  }
  const source = `deb [signed-by=${KEYRING}] http://deb.debian.org/debian ${SUITE} main\n`;
  writeFileSync(join(apt, 'sources.list'), source);
  const options = [
    `Dir::Etc::sourcelist=${join(apt, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::Lists=${join(apt, 'lists')}`,
    `Dir::Cache=${join(apt, 'cache')}`,
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  runCommand('apt-get', ['-qq', ...options, 'update'], apt);
  runCommand('apt-get', ['-qq', ...options, 'download', ...PACKAGES], join(apt, 'debs'));
  for (const deb of readdirSync(join(apt, 'debs'))) {
    runCommand('dpkg-deb', ['-x', join(apt, 'debs', deb), join(dir, 'root')], dir);
  }
  rmSync(apt, { recursive: true });
}

/**
 * The command that starts Node with a glibc of 2.38 or newer: `[node]` if the machine has one, otherwise
 * `[loader, '--library-path', folder, node]`.
 *
 * @throws Error if the machine's glibc is too old and that of Debian 13 is not available
 */
export function nodeCommand(): string[] {
  if (isGlibcNewEnough()) return [process.execPath];
  const names = LOADERS[process.arch];
  if (names === undefined) throw new Error(`no Debian loader is known for ${process.arch}`);
  const folder = join(cacheDir, `glibc-${SUITE}`);
  makeOnce(folder, unpackDebian);
  const libraries = join(folder, 'root', 'usr', 'lib', names.folder);
  return [join(libraries, names.loader), '--library-path', libraries, process.execPath];
}

/**
 * Environment in which uWebSockets.js finds its binary: npm leaves it out if npm itself runs on another major version of
 * Node, so it is installed into the test cache and found by NODE_PATH.
 */
export function uwsEnvironment(): Record<string, string> {
  const root = join(import.meta.dirname, '..', '..');
  const name = `@uwsjs/${process.platform}-${process.arch}-${process.versions.node.split('.')[0]}`;
  if (existsSync(join(root, 'node_modules', name))) return {};
  const file = join(root, 'node_modules', 'uWebSockets.js', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const folder = join(cacheDir, `uws-${version}-${process.versions.node.split('.')[0]}`);
  const install = [
    'install',
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    `${name}@${version}`,
  ];
  makeOnce(folder, (dir) => runCommand('npm', [...install, '--prefix', dir], dir));
  return { NODE_PATH: join(folder, 'node_modules') };
}
