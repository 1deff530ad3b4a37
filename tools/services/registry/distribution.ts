/** The schema registry's jars, fetched once by Maven. Control path. */
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCommand } from '../install.ts';
import { makeOnce, runCommand } from '../make-once.ts';

export const REGISTRY_VERSION = '2.6.13.Final';

const ARTIFACT = 'apicurio-registry-app';
const targetDir = join(import.meta.dirname, 'target');

/** Path of the jar to run; the others lie beside it. */
export function registryJar(): string {
  const dir = join(targetDir, REGISTRY_VERSION);
  makeOnce(dir, fetchJars);
  return join(dir, `${ARTIFACT}-${REGISTRY_VERSION}-runner.jar`);
}

function fetchJars(dir: string): void {
  const maven = ensureCommand('mvn', 'maven', 'the schema registry');
  process.stderr.write(
    `fetching the schema registry Apicurio ${REGISTRY_VERSION} from Maven Central (142 MB, once)\n`,
  );
  const artifact = `io.apicurio:${ARTIFACT}:${REGISTRY_VERSION}:tar.gz:all`;
  const options = [`-Dartifact=${artifact}`, `-DoutputDirectory=${dir}`];
  runCommand(maven, ['-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy', ...options]);
  const [archive = ''] = globSync('*.tar.gz', { cwd: dir });
  runCommand('tar', ['-xzf', join(dir, archive), '-C', dir]);
  rmSync(join(dir, archive));
}
