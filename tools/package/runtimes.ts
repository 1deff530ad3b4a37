/** Versions of Node and npm side by side, from the registry, as commands on a path of their own. Control path. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Runtime {
  readonly name: string;
  /** A folder with node, npm and npx. */
  readonly bin: string;
}

const EXECUTABLE = 0o755;
/** What npm hands to the scripts that it runs, and what would reach into the runs of another npm. */
const KEPT_NPM_SETTINGS = ['npm_config_registry', 'npm_config_userconfig', 'npm_config_cache'];

/** Of npm, of Millrace, and of the Node that runs this. */
const FOREIGN = /^(npm_.*|MILLRACE_.*|TAP.*|INIT_CWD|NODE|NODE_ENV|NODE_OPTIONS|NODE_COMPILE_CACHE)$/;

/** Installs the given versions: each is a major version or an exact one. */
export function installRuntimes(
  folder: string,
  versions: ReadonlyArray<{ readonly node: string; readonly npm: string }>,
): Runtime[] {
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries(
    versions.flatMap(({ node, npm }) => [
      [`node-${node}`, `npm:node@${node}`],
      [`npm-${npm}`, `npm:npm@${npm}`],
    ]),
  );
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies, allowScripts: { node: true } }),
  );
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return versions.map(({ node, npm }) => {
    const bin = join(folder, `bin-${node}`);
    mkdirSync(bin);
    symlinkSync(join(folder, 'node_modules', `node-${node}`, 'bin', 'node'), join(bin, 'node'));
    for (const command of ['npm', 'npx']) {
      const script = join(folder, 'node_modules', `npm-${npm}`, 'bin', `${command}-cli.js`);
      writeFileSync(join(bin, command), `#!/bin/sh\nexec "${bin}/node" "${script}" "$@"\n`);
      chmodSync(join(bin, command), EXECUTABLE);
    }
    return { name: `Node ${node}, npm ${npm}`, bin };
  });
}

/** The environment of a machine that has this runtime and none of the repository's commands or settings. */
export function environmentOf({ bin }: Runtime): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => KEPT_NPM_SETTINGS.includes(name) || !FOREIGN.test(name),
  );
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  // On Linux its install script would download files for NVIDIA GPUs. The project of millrace init has a setting for it.
  const skipCuda = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
  // npm waits five minutes for an answer that got lost before it asks again.
  const fetchTimeout = { npm_config_fetch_timeout: '30000' };
  return { ...Object.fromEntries(kept), ...skipCuda, ...fetchTimeout, PATH: [bin, ...path].join(delimiter) };
}
