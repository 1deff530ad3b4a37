/** The broker's jars (fetched once by Maven) and the Java that runs them. Control path. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCommand } from '../install.ts';

const folder = import.meta.dirname;
const libDir = join(folder, 'target', 'lib');

/** Kafka 4 brokers are compiled for Java 17. */
const JAVA_MAJOR_MIN = 17;

/** Class path of the broker: the folder with its log configuration, then every jar. */
export function brokerClassPath(): string {
  if (!existsSync(libDir)) fetchJars();
  return `${folder}:${join(libDir, '*')}`;
}

/** Into a folder of this process, then renamed: an interrupted or a second run leaves no half-filled folder. */
function fetchJars(): void {
  const maven = ensureCommand('mvn', 'maven', 'the Kafka broker');
  const ownDir = `${libDir}.${process.pid}`;
  mkdirSync(join(folder, 'target'), { recursive: true });
  process.stderr.write('fetching the Kafka broker from Maven Central (43 MB, once)\n');
  const args = ['-q', '-B', '-f', join(folder, 'pom.xml'), `-Dlib=${ownDir}`, 'dependency:copy-dependencies'];
  const run = spawnSync(maven, args, { encoding: 'utf8' });
  if (run.status !== 0) {
    rmSync(ownDir, { recursive: true, force: true });
    throw new Error(
      `Maven could not fetch the Kafka broker:\n${(run.stdout + run.stderr).trim().slice(-2_000)}`,
    );
  }
  try {
    renameSync(ownDir, libDir);
  } catch (error) {
    if (!existsSync(libDir)) throw error;
    rmSync(ownDir, { recursive: true, force: true }); // another run was first
  }
}

/** Path of a Java that can run the broker. @throws Error when it is too old */
export function javaForBroker(): string {
  const home = process.env['JAVA_HOME'];
  const homeJava = home === undefined ? null : join(home, 'bin', 'java');
  const java =
    homeJava !== null && existsSync(homeJava)
      ? homeJava
      : ensureCommand('java', 'default-jre-headless', 'the Kafka broker');
  const said = spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr;
  const major = Number(/version "(\d+)/.exec(said)?.[1] ?? 0);
  if (major < JAVA_MAJOR_MIN) {
    throw new Error(
      `Kafka 4.1 needs Java ${JAVA_MAJOR_MIN} or newer, and ${java} is "${said.split('\n')[0]}". ` +
        'Install a newer one or set JAVA_HOME.',
    );
  }
  return java;
}
