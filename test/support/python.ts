// A Python with packages from PyPI, for tests that need programs which share no code with the engine. Installed once into
// test/.cache.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureCommand, installPackages } from '../../tools/services/install.ts';
import { makeOnce, runCommand } from '../../tools/services/make-once.ts';

const CLIENT_VERSION = '2.16.1';
const SERIALIZERS = 'avro,json,protobuf';
const cacheDir = join(import.meta.dirname, '..', '.cache');

function makeEnvironment(folder: string, packages: readonly string[], why: string): void {
  process.stderr.write(`installing ${packages.join(', ')} from PyPI (once)\n`);
  const python = ensureCommand('python3', 'python3', why);
  // Debian ships the module that brings pip in a package of its own.
  if (spawnSync(python, ['-c', 'import ensurepip, venv']).status !== 0)
    installPackages(['python3-venv'], why);
  runCommand(python, ['-m', 'venv', folder]);
  const install = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
  runCommand(join(folder, 'bin', 'python'), [...install, ...packages]);
}

/**
 * Path of a Python interpreter that has the packages; the first call on a machine installs them.
 * @param name of the folder in test/.cache: it changes with the packages
 * @param why for people who lack a Python: `the tests with ...`
 */
export function pythonWith(name: string, packages: readonly string[], why: string): string {
  const folder = join(cacheDir, name);
  makeOnce(folder, (made) => makeEnvironment(made, packages, why));
  return join(folder, 'bin', 'python');
}

/** A Python with Confluent's client (librdkafka and its serializers): a producer that shares no code with kafkajs. */
export function confluentPython(): string {
  return pythonWith(
    `python-confluent-kafka-${CLIENT_VERSION}-${SERIALIZERS.replaceAll(',', '-')}`,
    [`confluent-kafka[${SERIALIZERS}]==${CLIENT_VERSION}`],
    "the tests with Confluent's Python client",
  );
}
