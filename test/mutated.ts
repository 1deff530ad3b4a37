// `npm run test:mutated`: a million damaged records of each format that a reader of our own decodes, judged by a kept parser.
import { spawnSync } from 'node:child_process';

const MILLION = '1000000';
const SEED = String(Math.floor(Date.now() / 1_000));

const READERS = [
  'adapters/json/columnar-reader',
  'adapters/protobuf/columnar-reader',
  'adapters/avro/columnar-reader',
  'adapters/json/framed-mutated',
  'adapters/debezium/mutated',
  'serving/ingest/cloud-events-mutated',
];

for (const reader of READERS) {
  const file = `test/${reader}.test.ts`;
  process.stdout.write(`${file}, seed ${SEED}\n`);
  const env = { ...process.env, MUTATED_RECORDS: MILLION, MUTATED_SEED: SEED };
  const { status } = spawnSync(process.execPath, [file], { env, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
