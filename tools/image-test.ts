/**
 * `npm run test:image`: builds the Dockerfiles of this repository and of a new project without a container engine, and
 * runs the images as an engine would: as their user, with a read-only root. Linux, root, npm and a registry. Control path.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initProject } from '../src/app/init/init.ts';
import { buildImage, commandLine, type Image, machineImage, mountLayers } from './image/image.ts';
import { Checks } from './package/checks.ts';
import { type Ended, run } from './package/commands.ts';
import { environmentOf, installRuntimes, type Runtime } from './package/runtimes.ts';

const root = join(import.meta.dirname, '..');
const MOUNTS_OF_ITS_OWN = 'MILLRACE_IMAGE_TEST';
const BASE = 'node:24-trixie-slim';

function mount(...args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'inherit' });
}

interface Mounts {
  /** Folders of this machine by their place in the container, read-only. */
  readonly binds?: Readonly<Record<string, string>>;
}

/** Runs a container: read-only, but for /data and /tmp. */
async function container(
  folder: string,
  image: Image,
  command: readonly string[],
  { binds = {} }: Mounts = {},
  onOutput?: (text: string, signal: (name: NodeJS.Signals) => void, inside: string) => void,
): Promise<Ended> {
  const inside = mountLayers(folder, image.layers, join(folder, 'layer'));
  const data = join(folder, 'data');
  mkdirSync(data);
  execFileSync('chown', ['1000:1000', data]);
  for (const [place, from] of Object.entries(binds)) {
    mkdirSync(join(inside, place), { recursive: true });
    mount('--bind', '-o', 'ro', from, join(inside, place));
  }
  mount('--bind', data, join(inside, 'data'));
  mount('-t', 'tmpfs', 'tmpfs', join(inside, 'tmp'));
  mount('-o', 'remount,ro', inside);
  const [program = '', ...args] = commandLine(image, inside, command);
  return run(program, args, {
    cwd: '/',
    // The images bind their port to all addresses.
    env: { ...process.env, MILLRACE_ANONYMOUS: 'viewer' },
    ...(onOutput === undefined ? {} : { onOutput: (text, signal) => onOutput(text, signal, inside) }),
  });
}

function expect(holds: boolean, what: string, { stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): void {
  if (!holds) throw new Error(`expected ${what}\n${stdout}\n${stderr}`);
}

/** Runs a topology with embedded services until its own health check holds, then ends it as docker stop does. */
async function serves(
  folder: string,
  image: Image,
  command: readonly string[],
  mounts?: Mounts,
): Promise<void> {
  let isHealthy = false;
  let isAsked = false;
  const ended = await container(folder, image, command, mounts, (text, signal, inside) => {
    if (isAsked || !text.includes('dashboard')) return;
    isAsked = true;
    const [program = '', ...args] = commandLine({ ...image, entrypoint: image.health }, inside, []);
    const probe = (triesLeft: number): void => {
      spawn(program, args, { stdio: 'inherit' }).once('close', (code) => {
        isHealthy = code === 0;
        if (isHealthy || triesLeft === 0) signal('SIGTERM');
        else setTimeout(() => probe(triesLeft - 1), 1_000);
      });
    };
    probe(20);
  });
  expect(isHealthy, 'a health check that holds', ended);
  expect(ended.code === 0, `exit code 0 after SIGTERM, not ${ended.code}`, ended);
}

async function checkEngine(checks: Checks, folder: string, image: Image, project: string): Promise<void> {
  const topologies = { '/app/topologies': join(project, 'topologies') };
  await checks.run('it prints its help', async () => {
    const ended = await container(join(folder, 'help'), image, image.command);
    expect(ended.code === 0 && ended.stdout.includes('Usage: millrace'), 'the help', ended);
  });
  await checks.run('it serves a topology that is mounted, and stops in order', () =>
    serves(join(folder, 'mounted'), image, ['run', 'topologies/payments.ts'], { binds: topologies }),
  );
  await checks.run('it trains and scores', async () => {
    const binds = { ...topologies, '/app/events': project };
    const start = ['start', 'topologies/payments.ts', '--events', 'events/events.ndjson', '--exit'];
    const ended = await container(join(folder, 'trains'), image, start, { binds });
    expect(ended.code === 0 && ended.stdout.includes('by model v1'), 'predictions by a model', ended);
  });
  await checks.run('an image FROM it has its own topology and packages', async () => {
    const dockerfile = join(folder, 'derived.Dockerfile');
    const lines = [
      'FROM millrace',
      'COPY topologies topologies',
      'USER root',
      'RUN npm install --no-save ms',
    ];
    writeFileSync(
      dockerfile,
      [...lines, 'USER 1000:1000', 'CMD ["run", "topologies/payments.ts"]'].join('\n'),
    );
    const derived = buildImage({
      folder: join(folder, 'derived'),
      dockerfile,
      dockerignore: join(project, '.dockerignore'),
      context: project,
      bases: new Map([['millrace', image]]),
    });
    await serves(join(folder, 'derived-run'), derived, derived.command);
  });
}

interface Place {
  readonly folder: string;
  readonly project: string;
  readonly runtime: Runtime;
  readonly bases: ReadonlyMap<string, Image>;
}

/** `built`: the folder of the engine's image, in which the tarball was packed. */
async function checkProject({ folder, project, runtime, bases }: Place, built: string): Promise<void> {
  const packed = join(built, 'stage-1', 'layer', 'src');
  const tarball = readdirSync(packed).find((name) => name.endsWith('.tgz')) ?? '';
  cpSync(join(packed, tarball), join(project, 'millrace.tgz'));
  useTarball(project);
  const lock = ['install', '--package-lock-only', '--ignore-scripts'];
  execFileSync('npm', lock, { cwd: project, env: environmentOf(runtime) });
  const image = buildImage({
    folder: join(folder, 'app'),
    dockerfile: join(project, 'Dockerfile'),
    dockerignore: join(project, '.dockerignore'),
    context: project,
    bases,
  });
  await serves(join(folder, 'app-run'), image, image.command);
}

async function main(folder: string, checks: Checks): Promise<void> {
  const [runtime] = installRuntimes(join(folder, 'runtimes'), [{ node: '24', npm: '11' }]);
  if (runtime === undefined) throw new Error('no runtime');
  const modules = join(folder, 'runtimes', 'node_modules');
  const base = machineImage(join(folder, 'base'), join(runtime.bin, 'node'), join(modules, 'npm-11'));
  const bases = new Map([[BASE, base]]);
  const project = join(folder, 'project');
  initProject(project);
  const built = join(folder, 'engine');
  const image = await checks.run('the image of the engine builds', () =>
    buildImage({
      folder: built,
      dockerfile: join(root, 'docker', 'Dockerfile'),
      dockerignore: join(root, 'docker', 'Dockerfile.dockerignore'),
      context: root,
      bases,
    }),
  );
  if (image === null) return;
  await checkEngine(checks, folder, image, project);
  const place = { folder, project, runtime, bases };
  await checks.run('the image of a new project builds and serves', () => checkProject(place, built));
}

/** The project depends on the tarball beside it, as the version is not published yet. */
function useTarball(project: string): void {
  const change = (file: string, from: string | RegExp, to: string): void => {
    const path = join(project, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  };
  change('package.json', /"millrace": "[^"]*"/, '"millrace": "file:millrace.tgz"');
  change('Dockerfile', 'COPY package.json', 'COPY millrace.tgz package.json');
  // A registry need not have the binaries of every platform, without which npm ci refuses a lock file.
  change('Dockerfile', 'npm ci', 'npm install');
  change('.dockerignore', '!package.json', '!millrace.tgz\n!package.json');
}

// The mounts are seen by this process alone, and gone with it.
if (process.env[MOUNTS_OF_ITS_OWN] === undefined) {
  const again = ['--mount', '--propagation', 'private', process.execPath, import.meta.filename];
  const { status } = spawnSync('unshare', again, {
    stdio: 'inherit',
    env: { ...process.env, [MOUNTS_OF_ITS_OWN]: '1' },
  });
  process.exit(status ?? 1);
}
for (const name of Object.keys(process.env)) if (name.startsWith('npm_')) delete process.env[name];
const folder = mkdtempSync(join(tmpdir(), 'millrace-image-'));
execFileSync('chmod', ['755', folder]);
const checks = new Checks();
try {
  await main(folder, checks);
} finally {
  // Lazily: what is mounted below goes with it.
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n').toReversed()) {
    const place = line.split(' ')[1] ?? '';
    if (place.startsWith(folder)) spawnSync('umount', ['--lazy', place]);
  }
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`\n${checks.summary}\n`);
process.exitCode = checks.failed === 0 ? 0 : 1;
