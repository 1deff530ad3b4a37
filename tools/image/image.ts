/**
 * Builds an image without a container engine (Linux, root): each stage is an overlay in which the instructions run one by
 * one. The base image is this machine's system, bound into it, with a Node of its own. Control path.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { includedPaths, parseDockerfile, type Stage, variables } from './dockerfile.ts';

/** Layers of a file system, the newest first, and what its instructions have set. */
export interface Image {
  readonly layers: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** The command of the HEALTHCHECK. */
  readonly health: readonly string[];
}

export interface BuildOptions {
  /** An empty folder for the layers. */
  readonly folder: string;
  readonly dockerfile: string;
  readonly context: string;
  readonly dockerignore: string;
  /** Images by the names that FROM uses. */
  readonly bases: ReadonlyMap<string, Image>;
}

/** Of this machine: its system, the kernel's folders, and npm's settings and cache. */
const SHARED_PLACES = ['usr', 'etc', 'proc', 'dev', 'sys', 'root'];
const LINKS = ['bin', 'lib', 'lib64', 'sbin'];

function sh(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Mounts an image's layers, with `upper` to write into; returns the root. It is gone with this process's mounts. */
export function mountLayers(folder: string, layers: readonly string[], upper: string): string {
  const root = join(folder, 'root');
  const work = join(folder, 'work');
  for (const path of [root, work, upper]) mkdirSync(path, { recursive: true });
  const lower = layers.join(':');
  sh('mount', [
    '-t',
    'overlay',
    'overlay',
    '-o',
    `lowerdir=${lower},upperdir=${upper},workdir=${work}`,
    root,
  ]);
  for (const place of SHARED_PLACES) sh('mount', ['--rbind', `/${place}`, join(root, place)]);
  return root;
}

/** The files of the context that .dockerignore lets in. */
function contextOf({ context, dockerignore, folder }: BuildOptions): string {
  const target = join(folder, 'context');
  for (const path of includedPaths(readFileSync(dockerignore, 'utf8'))) {
    if (!existsSync(join(context, path))) continue;
    cpSync(join(context, path), join(target, path), { recursive: true, verbatimSymlinks: true });
  }
  return target;
}

export function buildImage(options: BuildOptions): Image {
  const context = contextOf(options);
  const built = new Map<string, { readonly image: Image; readonly root: string }>();
  let last: Image | null = null;
  for (const [i, stage] of parseDockerfile(readFileSync(options.dockerfile, 'utf8')).entries()) {
    const folder = join(options.folder, `stage-${i}`);
    const base = built.get(stage.base)?.image ?? options.bases.get(stage.base);
    if (base === undefined) throw new Error(`no image ${stage.base}`);
    const upper = join(folder, 'layer');
    const root = mountLayers(folder, base.layers, upper);
    const sourceOf = (from: string | undefined): string => {
      if (from === undefined) return context;
      const other = built.get(from);
      if (other === undefined) throw new Error(`no stage ${from}`);
      return other.root;
    };
    last = { ...runStage(stage, base, root, sourceOf), layers: [upper, ...base.layers] };
    if (stage.name !== null) built.set(stage.name, { image: last, root });
  }
  if (last === null) throw new Error('the Dockerfile has no stage');
  return last;
}

function runStage(
  stage: Stage,
  base: Image,
  root: string,
  sourceOf: (from: string | undefined) => string,
): Image {
  let image = base;
  for (const { name, text } of stage.instructions) {
    process.stdout.write(`  ${name} ${text}\n`);
    if (name === 'WORKDIR') {
      image = { ...image, workdir: text };
      mkdirSync(join(root, text), { recursive: true });
    } else if (name === 'ENV' || name === 'ARG')
      image = { ...image, env: { ...image.env, ...variables(text) } };
    else if (name === 'USER') image = { ...image, user: text };
    else if (name === 'ENTRYPOINT')
      image = { ...image, entrypoint: JSON.parse(text) as string[], command: [] };
    else if (name === 'CMD') image = { ...image, command: JSON.parse(text) as string[] };
    else if (name === 'HEALTHCHECK') {
      image = { ...image, health: JSON.parse(text.slice(text.indexOf('['))) as string[] };
    } else if (name === 'COPY') copy(text, image, root, sourceOf);
    else if (name === 'RUN')
      sh('chroot', [root, ...environment(image.env), 'sh', '-ec', `cd ${image.workdir} && ${text}`]);
  }
  return image;
}

function environment(env: Readonly<Record<string, string>>): string[] {
  return ['/usr/bin/env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
}

function copy(
  text: string,
  { workdir }: Image,
  root: string,
  sourceOf: (from: string | undefined) => string,
): void {
  const words = text.split(' ');
  const from = words[0]?.startsWith('--from=') === true ? words.shift()?.slice('--from='.length) : undefined;
  const target = words.pop() ?? '';
  for (const source of words) {
    const path = join(sourceOf(from), source);
    if (!existsSync(path)) throw new Error(`COPY: there is no ${source}`);
    const isInto = target.endsWith('/') || words.length > 1;
    const to = join(
      root,
      target.startsWith('/') ? target : join(workdir, target),
      isInto ? (source.split('/').at(-1) ?? '') : '',
    );
    mkdirSync(dirname(to), { recursive: true });
    cpSync(path, to, { recursive: true, verbatimSymlinks: true });
  }
}

/** The command line that runs the image as its user, in a root that is mounted already. */
export function commandLine(image: Image, root: string, command: readonly string[]): string[] {
  const { user, workdir, env, entrypoint } = image;
  const line = [...entrypoint, ...command].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const as = user === 'root' ? [] : [`--userspec=${user}`];
  return ['chroot', ...as, root, ...environment(env), 'sh', '-c', `cd ${workdir} && exec ${line}`];
}

/** An image of this machine's system with a given Node, as the base of the others. */
export function machineImage(folder: string, node: string, npm: string): Image {
  const bin = join(folder, 'opt', 'node', 'bin');
  for (const path of [bin, join(folder, 'tmp'), ...SHARED_PLACES.map((place) => join(folder, place))])
    mkdirSync(path, { recursive: true });
  for (const name of LINKS) symlinkSync(join('usr', name), join(folder, name));
  copyFileSync(node, join(bin, 'node'));
  cpSync(npm, join(folder, 'opt', 'npm'), { recursive: true, verbatimSymlinks: true });
  for (const command of ['npm', 'npx']) {
    const script = `/opt/npm/bin/${command}-cli.js`;
    writeFileSync(join(bin, command), `#!/bin/sh\nexec node ${script} "$@"\n`, { mode: 0o755 });
  }
  const env = { PATH: '/opt/node/bin:/usr/bin:/bin', HOME: '/root' };
  return { layers: [folder], env, workdir: '/', user: 'root', entrypoint: [], command: [], health: [] };
}
