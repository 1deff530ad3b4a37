// A Python with Confluent's client (librdkafka and its serializers), for tests that need a producer which shares no
// code with kafkajs. Installed once from PyPI into test/.cache.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureCommand, installPackages } from '../../tools/services/install.ts';
import { makeOnce, runCommand } from '../../tools/services/make-once.ts';

const CLIENT_VERSION = '2.16.1';
const SERIALIZERS = 'avro,json,protobuf';
const WHY = "the tests with Confluent's Python client";
const cacheDir = join(import.meta.dirname, '..', '.cache');

function makeEnvironment(folder: string): void {
  process.stderr.write(`installing confluent-kafka ${CLIENT_VERSION} from PyPI (once)\n`);
  const python = ensureCommand('python3', 'python3', WHY);
  // Debian ships the module that brings pip in a package of its own.
  if (spawnSync(python, ['-c', 'import ensurepip, venv']).status !== 0)
    installPackages(['python3-venv'], WHY);
  runCommand(python, ['-m', 'venv', folder]);
  const install = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
  runCommand(join(folder, 'bin', 'python'), [
    ...install,
    `confluent-kafka[${SERIALIZERS}]==${CLIENT_VERSION}`,
  ]);
}

/** Path of a Python interpreter that has `confluent_kafka`; the first call on a machine installs it. */
export function confluentPython(): string {
  const folder = join(
    cacheDir,
    `python-confluent-kafka-${CLIENT_VERSION}-${SERIALIZERS.replaceAll(',', '-')}`,
  );
  makeOnce(folder, makeEnvironment);
  return join(folder, 'bin', 'python');
}
