// A Python with Confluent's client (librdkafka and its Avro serializers), for tests that need a producer which shares no
// code with kafkajs. Installed once from PyPI into test/.cache.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCommand, installPackages } from '../../tools/services/install.ts';

const CLIENT_VERSION = '2.16.1';
const WHY = "the tests with Confluent's Python client";
const cacheDir = join(import.meta.dirname, '..', '.cache');

function runPython(
  command: string,
  args: readonly string[],
): { readonly isGood: boolean; readonly output: string } {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  return { isGood: run.status === 0, output: `${run.stdout}${run.stderr}`.trim().slice(-2_000) };
}

function makeEnvironment(folder: string): void {
  const python = ensureCommand('python3', 'python3', WHY);
  // Debian ships the module that brings pip in a package of its own.
  if (!runPython(python, ['-c', 'import ensurepip, venv']).isGood) installPackages(['python3-venv'], WHY);
  const steps: ReadonlyArray<readonly [command: string, args: readonly string[]]> = [
    [python, ['-m', 'venv', folder]],
    [
      join(folder, 'bin', 'python'),
      [
        '-m',
        'pip',
        'install',
        '-q',
        '--disable-pip-version-check',
        `confluent-kafka[avro]==${CLIENT_VERSION}`,
      ],
    ],
  ];
  for (const [command, args] of steps) {
    const { isGood, output } = runPython(command, args);
    if (!isGood) throw new Error(`${command} ${args.join(' ')} failed:\n${output}`);
  }
}

/** Path of a Python interpreter that has `confluent_kafka`; the first call on a machine installs it. */
export function confluentPython(): string {
  const folder = join(cacheDir, `python-confluent-kafka-${CLIENT_VERSION}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  // Into a folder of this process, then renamed: an interrupted or a second run leaves no half-filled folder.
  const ownFolder = `${folder}.${process.pid}`;
  mkdirSync(cacheDir, { recursive: true });
  process.stderr.write(`installing confluent-kafka ${CLIENT_VERSION} from PyPI (once)\n`);
  try {
    makeEnvironment(ownFolder);
    renameSync(ownFolder, folder);
  } catch (error) {
    rmSync(ownFolder, { recursive: true, force: true });
    if (!existsSync(python)) throw error; // otherwise another run was first
  }
  return python;
}
