/**
 * `npm run test:kafka [-- VERSIONS]`: the tests of the Kafka adapter on each supported version of the broker, one after
 * the other (3.9.2, 4.0.2, ... by default). Each version is downloaded once, 43 to 50 MB. Ends with a line per version.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SUPPORTED_KAFKA_VERSIONS } from '../tools/services/kafka/distribution.ts';

const FILES = [
  'kafka-client',
  'kafka-event-log',
  'kafka-faults',
  'kafka-group-offsets',
  'kafka-formats',
  'kafka-lost-offsets',
  'kafka-partitions',
  'kafka-unreadable',
];

const root = join(import.meta.dirname, '..');
const tests = FILES.map((name) => join('test', 'integration', `${name}.test.ts`));
const named = process.argv.slice(2);

const lines: string[] = [];
let failed = false;
for (const version of named.length > 0 ? named : SUPPORTED_KAFKA_VERSIONS) {
  process.stdout.write(`\nKafka ${version}\n`);
  const run = spawnSync(process.execPath, ['test/run.ts', '--disable-coverage', ...tests], {
    cwd: root,
    env: { ...process.env, KAFKA_VERSION: version },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(run.stdout);
  const counts = /^\d+ passed, \d+ failed.*$/m.exec(run.stdout)?.[0] ?? 'ended without counts';
  lines.push(`Kafka ${version}: ${counts}`);
  failed ||= run.status !== 0;
}
process.stdout.write(`\n${lines.join('\n')}\n`);
process.exitCode = failed ? 1 : 0;
