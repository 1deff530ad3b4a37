// Where MILLRACE_ARTIFACTS puts artifacts.
import { join } from 'node:path';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { checkArtifacts, openArtifacts } from '../../../src/app/compose/artifacts.ts';
import { readConfig } from '../../../src/app/settings/config.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { ordersTopology } from '../../support/orders.ts';

const topology = ordersTopology({ partitions: 1 });
const KEYS = { MILLRACE_S3_ACCESS_KEY_ID: 'id', MILLRACE_S3_SECRET_ACCESS_KEY: 'a-secret-of-s3' };

t.test('a topic, a folder, or a bucket', async (t) => {
  const folder = t.testdir({});
  const log = new EmbeddedLog({ path: null });
  const storeAt = (place: string | undefined): string => {
    const environment = {
      MILLRACE_DATA: folder,
      ...(place === undefined ? {} : { MILLRACE_ARTIFACTS: place }),
    };
    const parts = { log, quarantine: new FakeQuarantine(), telemetry: null };
    return openArtifacts(topology, readConfig(environment), parts).store.constructor.name;
  };
  t.equal(storeAt(undefined), 'LogArtifacts');
  t.equal(storeAt(join(folder, 'shared')), 'FolderArtifacts');
  t.equal(storeAt('s3://models'), 'S3Artifacts');
  t.equal(storeAt('S3://Models_of_Fleet/prod/'), 'S3Artifacts');
  await log.close();
});

t.test('a place that cannot be is refused before anything starts', async (t) => {
  await checkArtifacts(readConfig({ MILLRACE_ARTIFACTS: 's3://models/prod', ...KEYS }));
  await checkArtifacts(readConfig({ MILLRACE_ARTIFACTS: 'artifacts' }));
  for (const place of ['s3://x', 's3://user:password@models/prod'])
    await t.rejects(checkArtifacts(readConfig({ MILLRACE_ARTIFACTS: place })), {
      code: 'CONFIG_INVALID',
      where: 'MILLRACE_ARTIFACTS',
      message: /names no bucket/,
    });
  t.throws(() => readConfig({ MILLRACE_S3_ACCESS_KEY_ID: 'id' }), {
    message: /MILLRACE_S3_SECRET_ACCESS_KEY/,
  });
  const plain = { MILLRACE_S3_ENDPOINT: 'http://127.0.0.1:9000', MILLRACE_S3_CA_FILE: 'ca.pem' };
  t.throws(() => readConfig(plain), { message: /it requires an https:\/\/ URL in MILLRACE_S3_ENDPOINT/ });
});
