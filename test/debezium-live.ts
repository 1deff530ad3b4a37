/**
 * `npm run test:debezium [-- FOLDER]`: records the changes of a table by a real PostgreSQL and Debezium's connector in Kafka
 * Connect, and runs the test of the recording on them. Needs Debian's packages postgresql, default-jre-headless and maven,
 * and a Kafka broker in MILLRACE_KAFKA_BROKERS, or starts one. With FOLDER, the recording is written there.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { ensureCommand } from '../tools/services/install.ts';
import { javaFor } from '../tools/services/java.ts';
import { brokerClassPath } from '../tools/services/kafka/distribution.ts';
import { makeOnce, runCommand } from '../tools/services/make-once.ts';
import { pickPort } from '../tools/services/ports.ts';
import { startServices } from '../tools/services/start.ts';

const root = join(import.meta.dirname, '..');
const vectors = join(root, 'test/vectors/debezium');
const WAIT_MS = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'millrace-debezium-'));
chmodSync(folder, 0o777); // PostgreSQL runs as another user than root
const jars = join(root, 'test/.cache/debezium');
const [databasePort, connectPort] = [await pickPort(), await pickPort()];
const prefix = `debezium${process.pid}`;
const topic = `${prefix}.public.payments`;

/** PostgreSQL does not run as root. */
const asUser = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];

function run(command: readonly string[], input?: string): string {
  const [program = '', ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    cwd: folder,
    ...(input === undefined ? {} : { input }),
  });
  if (status === 0) return stdout;
  throw new Error(`${command.join(' ')} failed: ${error?.message ?? stderr}`);
}

function sql(file: string): string {
  const where = ['-h', '127.0.0.1', '-p', String(databasePort), '-U', 'postgres'];
  return run(['psql', ...where, '-v', 'ON_ERROR_STOP=1', '-qAtf', join(vectors, file)]);
}

function startDatabase(): () => void {
  ensureCommand('psql', 'postgresql', 'the test of Debezium');
  const [bin] = globSync('/usr/lib/postgresql/*/bin').toReversed();
  if (bin === undefined) throw new Error('there is no /usr/lib/postgresql/VERSION/bin');
  const data = join(folder, 'data');
  run([...asUser, join(bin, 'initdb'), '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync']);
  const options = `-p ${databasePort} -k ${folder} -c wal_level=logical -c fsync=off -c listen_addresses=127.0.0.1`;
  const control = [...asUser, join(bin, 'pg_ctl'), '-D', data, '-w'];
  run([...control, '-l', join(folder, 'postgres.log'), '-o', options, 'start']);
  return () => void run([...control, '-m', 'immediate', 'stop']);
}

function startConnector(brokers: string): ChildProcess {
  makeOnce(jars, (own) =>
    runCommand(ensureCommand('mvn', 'maven', 'the test of Debezium'), [
      '-q',
      '-B',
      '-f',
      join(vectors, 'pom.xml'),
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${own}`,
    ]),
  );
  const converter = 'org.apache.kafka.connect.json.JsonConverter';
  writeFileSync(
    join(folder, 'worker.properties'),
    [
      `bootstrap.servers=${brokers}`,
      `listeners=http://127.0.0.1:${connectPort}`,
      `offset.storage.file.filename=${join(folder, 'offsets')}`,
      ...['key', 'value'].flatMap((part) => [
        `${part}.converter=${converter}`,
        `${part}.converter.schemas.enable=false`,
      ]),
      'plugin.discovery=service_load',
    ].join('\n'),
  );
  writeFileSync(
    join(folder, 'connector.properties'),
    [
      'name=payments',
      'connector.class=io.debezium.connector.postgresql.PostgresConnector',
      `database.hostname=127.0.0.1\ndatabase.port=${databasePort}\ndatabase.dbname=postgres`,
      'database.user=postgres\ndatabase.password=none',
      `topic.prefix=${prefix}\ntable.include.list=public.payments`,
      'plugin.name=pgoutput\nskipped.operations=none',
      'decimal.handling.mode=string\ntime.precision.mode=connect',
    ].join('\n'),
  );
  const files = [join(folder, 'worker.properties'), join(folder, 'connector.properties')];
  const classes = `${join(jars, '*')}:${brokerClassPath()}`;
  const main = 'org.apache.kafka.connect.cli.ConnectStandalone';
  return spawn(javaFor('Kafka Connect'), ['-Xmx256m', '-cp', classes, main, ...files], { stdio: 'ignore' });
}

interface Recorded {
  readonly key: string | null;
  readonly value: string | null;
}

/** Resolves once a record has the text, with all records so far. */
async function recordsUntil(kafka: Kafka, text: string): Promise<Recorded[]> {
  const consumer = kafka.consumer({ groupId: `${prefix}-${text.length}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const found: Recorded[] = [];
  const timer = AbortSignal.timeout(WAIT_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      timer.addEventListener('abort', () => reject(new Error(`no record has ${text}`)));
      void consumer.run({
        eachMessage: async ({ message: { key, value } }) => {
          found.push({ key: key?.toString() ?? null, value: value?.toString() ?? null });
          if (value?.toString().includes(text) === true) resolve();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return found;
}

const started = process.env['MILLRACE_KAFKA_BROKERS']
  ? null
  : await startServices({ names: ['kafka'], dataRoot: null });
const brokers = process.env['MILLRACE_KAFKA_BROKERS'] ?? started?.environment['MILLRACE_KAFKA_BROKERS'] ?? '';
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
const stopDatabase = startDatabase();
let connector: ChildProcess | null = null;
try {
  sql('history.sql');
  sql('snapshot.sql');
  connector = startConnector(brokers);
  await recordsUntil(kafka, '"snapshot":"last"');
  sql('statements.sql');
  const records = await recordsUntil(kafka, '"id":77,');
  const out = process.argv[2] ?? join(folder, 'recording');
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'changes.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  writeFileSync(join(out, 'windows.json'), sql('windows.sql'));
  process.stdout.write(`${records.length} records of Debezium's\n`);
  const test = spawnSync(process.execPath, [join(root, 'test/adapters/debezium/recorded.test.ts')], {
    env: { ...process.env, MILLRACE_DEBEZIUM_RECORDS: out },
    stdio: 'inherit',
  });
  process.exitCode = test.status ?? 1;
} finally {
  connector?.kill();
  stopDatabase();
  await admin.deleteTopics({ topics: [topic] }).catch(() => undefined);
  await admin.disconnect();
  await started?.stop();
  rmSync(folder, { recursive: true, force: true });
}
