/** The Java that runs the services written in it. Control path. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCommand } from './install.ts';

/** Kafka 4 brokers and the schema registry are compiled for Java 17. */
const JAVA_MAJOR_MIN = 17;

/**
 * Path of a Java: that of JAVA_HOME, or the one on PATH, installed where it is missing.
 * @param what needs it, for messages
 * @throws Error when it is too old
 */
export function javaFor(what: string): string {
  const home = process.env['JAVA_HOME'];
  const homeJava = home === undefined ? null : join(home, 'bin', 'java');
  const java =
    homeJava !== null && existsSync(homeJava)
      ? homeJava
      : ensureCommand('java', 'default-jre-headless', what);
  const printed = spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr;
  const major = Number(/version "(\d+)/.exec(printed)?.[1] ?? 0);
  if (major < JAVA_MAJOR_MIN) {
    throw new Error(
      `${what} needs Java ${JAVA_MAJOR_MIN} or newer, and ${java} is "${printed.split('\n')[0]}". ` +
        'Install a newer one or set JAVA_HOME.',
    );
  }
  return java;
}
