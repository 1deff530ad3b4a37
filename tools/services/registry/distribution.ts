/** The schema registry's jars, fetched once by Maven. Control path. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCommand } from '../install.ts';

export const REGISTRY_VERSION = '2.6.13.Final';

const ARTIFACT = 'apicurio-registry-app';
const targetDir = join(import.meta.dirname, 'target');

/** Path of the jar to run; the others lie beside it. */
export function registryJar(): string {
  const dir = join(targetDir, REGISTRY_VERSION);
  const jar = join(dir, `${ARTIFACT}-${REGISTRY_VERSION}-runner.jar`);
  if (!existsSync(jar)) fetchJars(dir, jar);
  return jar;
}

/** Into a folder of this process, then renamed: an interrupted or a second run leaves no half-filled folder. */
function fetchJars(dir: string, jar: string): void {
  const maven = ensureCommand('mvn', 'maven', 'the schema registry');
  const ownDir = `${dir}.${process.pid}`;
  mkdirSync(ownDir, { recursive: true });
  process.stderr.write(
    `fetching the schema registry Apicurio ${REGISTRY_VERSION} from Maven Central (142 MB, once)\n`,
  );
  try {
    const artifact = `io.apicurio:${ARTIFACT}:${REGISTRY_VERSION}:tar.gz:all`;
    const options = [`-Dartifact=${artifact}`, `-DoutputDirectory=${ownDir}`];
    run(maven, ['-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy', ...options]);
    const [archive = ''] = globSync('*.tar.gz', { cwd: ownDir });
    run('tar', ['-xzf', join(ownDir, archive), '-C', ownDir]);
    rmSync(join(ownDir, archive));
    renameSync(ownDir, dir);
  } catch (error) {
    rmSync(ownDir, { recursive: true, force: true });
    if (!existsSync(jar)) throw error; // otherwise another run was first
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) {
    throw new Error(
      `the schema registry could not be fetched: ${command} ended with ${status}:\n` +
        `${stdout}${stderr}`.trim().slice(-2_000),
    );
  }
}
