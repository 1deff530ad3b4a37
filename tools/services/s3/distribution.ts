/** The jar of S3Proxy, fetched once by Maven. Control path. */
import { join } from 'node:path';
import { ensureCommand } from '../install.ts';
import { makeOnce, runCommand } from '../make-once.ts';

export const S3_PROXY_VERSION = '4.1.0';

const targetDir = join(import.meta.dirname, 'target');

/** Path of the jar, which has all that it needs. */
export function s3ProxyJar(): string {
  const dir = join(targetDir, S3_PROXY_VERSION);
  makeOnce(dir, fetchJar);
  return join(dir, `s3proxy-${S3_PROXY_VERSION}-jar-with-dependencies.jar`);
}

function fetchJar(dir: string): void {
  const maven = ensureCommand('mvn', 'maven', 'the server of S3');
  process.stderr.write(`fetching S3Proxy ${S3_PROXY_VERSION} from Maven Central (55 MB, once)\n`);
  const artifact = `org.gaul:s3proxy:${S3_PROXY_VERSION}:jar:jar-with-dependencies`;
  const options = [`-Dartifact=${artifact}`, `-DoutputDirectory=${dir}`];
  runCommand(maven, ['-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy', ...options]);
}
