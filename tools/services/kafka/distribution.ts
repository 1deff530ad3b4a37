/** The broker's jars (fetched once by Maven), and the Java that runs them. Control path. */
import { join } from 'node:path';
import { ensureCommand } from '../install.ts';
import { javaFor } from '../java.ts';
import { makeOnce, runCommand } from '../make-once.ts';

const folder = import.meta.dirname;

/** The version of the broker that tests and `npm run services` start unless KAFKA_VERSION names another. */
export const DEFAULT_KAFKA_VERSION = '4.1.0';

/** What `npm run test:kafka` tests: the newest patch of the oldest and of each later line that is supported. */
export const SUPPORTED_KAFKA_VERSIONS: readonly string[] = ['3.9.2', '4.0.2', DEFAULT_KAFKA_VERSION, '4.4.0'];

/** KAFKA_VERSION, or the default. @throws Error if it is no version number */
export function kafkaVersion(): string {
  const version = process.env['KAFKA_VERSION'] ?? DEFAULT_KAFKA_VERSION;
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new Error(`KAFKA_VERSION=${version} is no version such as 4.1.0`);
  return version;
}

/** Class path of a broker: the folder with its log configuration, then every jar. */
export function brokerClassPath(version: string = kafkaVersion()): string {
  const libDir = join(folder, 'target', version);
  makeOnce(libDir, (dir) => fetchJars(version, dir));
  return `${folder}:${join(libDir, '*')}`;
}

function fetchJars(version: string, libDir: string): void {
  const maven = ensureCommand('mvn', 'maven', 'the Kafka broker');
  process.stderr.write(`fetching the Kafka ${version} broker from Maven Central (43 to 100 MB, once)\n`);
  const settings = [
    '-q',
    '-B',
    '-f',
    join(folder, 'pom.xml'),
    `-Dkafka.version=${version}`,
    `-Dlib=${libDir}`,
  ];
  runCommand(maven, [...settings, 'dependency:copy-dependencies']);
}

/** Path of a Java that can run the broker. @throws Error when it is too old */
export function javaForBroker(): string {
  return javaFor('the Kafka broker');
}
