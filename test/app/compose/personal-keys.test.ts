// The keys for sensitive columns from the settings: which are needed, and a module of a key-management service.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { openPersonalKeys, openWrapper } from '../../../src/app/compose/personal-keys.ts';
import { contract, defineTopology, required, type SourceOptions, type Topology } from '../../../src/index.ts';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { AvroCodec } from '../../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { openProtection } from '../../../src/runtime/personal/protection.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { topicSpecs } from '../../../src/topology/topics.ts';
import { destroyKeys } from '../../support/destroy-keys.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';

const key = randomBytes(32).toString('base64');
const none = { hashKey: null, encryptionKey: null, kmsModule: null };

function topology(sensitive: NonNullable<SourceOptions['sensitive']>): Topology {
  return defineTopology({
    name: 'payments',
    source: { topic: 'payments', eventTime: 'at', partitions: 1, sensitive, entity: 'id' },
    stages: [contract([required('id')])],
  });
}

t.test('a source needs the encryption key, and the hash key if it hashes a column', async (t) => {
  const dropped = await openPersonalKeys(topology({ name: 'drop' }), { ...none, encryptionKey: key });
  t.equal(dropped.hash, null);
  const hashed = topology({ name: 'hash' });
  t.ok((await openPersonalKeys(hashed, { ...none, hashKey: key, encryptionKey: key })).hash);
  const cases = [
    [{ ...none, encryptionKey: key }, /MILLRACE_HASH_KEY is not set/],
    [{ ...none, hashKey: key }, /Set MILLRACE_ENCRYPTION_KEY or MILLRACE_KMS_MODULE/],
    [{ ...none, hashKey: `${key} ${key}`, encryptionKey: key }, /more than one key/],
    [{ hashKey: key, encryptionKey: key, kmsModule: 'kms.js' }, /both MILLRACE_ENCRYPTION_KEY and/],
    [{ ...none, hashKey: 'secret', encryptionKey: key }, /not 32 bytes/],
  ] as const;
  for (const [config, message] of cases)
    await t.rejects(openPersonalKeys(hashed, config), { code: 'CONFIG_INVALID', message });
});

t.test('a module wraps and unwraps', async (t) => {
  const folder = t.testdir({
    'kms.mjs': `export const keyId = 'alias/a';
      const turned = (bytes) => Uint8Array.from(bytes, (byte) => byte ^ 0x5a);
      export const wrap = async (key) => turned(key);
      export const unwrap = (wrapped) => turned(wrapped);`,
    'away.mjs': `export const wrap = () => { throw new Error('away'); }; export const unwrap = () => 'no bytes';`,
    'other.mjs': 'export const wrap = 1;',
  });
  const open = (file: string) => openWrapper('payments', { ...none, kmsModule: join(folder, file) });
  const kms = await open('kms.mjs');
  t.equal(kms.id, 'kms alias/a');
  const wrapped = await kms.wrap(Buffer.from('abc'));
  t.not(wrapped.toString(), 'abc');
  t.equal((await kms.unwrap(wrapped, kms.id)).toString(), 'abc');
  const away = await open('away.mjs');
  await t.rejects(away.wrap(Buffer.alloc(32)), { code: 'KEYS_UNAVAILABLE', message: /away/ });
  await t.rejects(away.unwrap(Buffer.alloc(32), 'kms'), { code: 'KEYS_UNAVAILABLE', message: /no bytes/ });
  await t.rejects(open('other.mjs'), { code: 'CONFIG_INVALID', message: /does not export wrap and unwrap/ });
  await t.rejects(open('missing.mjs'), { code: 'CONFIG_INVALID', message: /cannot be loaded/ });
});

t.test('a running engine makes a new key for an entity whose key is destroyed', async (t) => {
  const paid = topology({ name: 'hash' });
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics(topicSpecs(paid));
  const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null }, schemaFolders: [] }));
  const personal = await openPersonalKeys(paid, { ...none, hashKey: key, encryptionKey: key });
  const parts = {
    topology: paid,
    log,
    codec,
    telemetry: new FakeTelemetry(),
    quarantine: new FakeQuarantine(),
  };
  const protection = openProtection({ ...parts, personal, nowMs: () => 1 });
  protection?.start((error) => t.fail(error.message));
  const partition = await protection?.partition(0);
  const raw = {
    origin: { topic: 'payments', partition: 0 },
    offsets: Float64Array.of(7),
    keys: { at: () => null },
    values: { at: () => Buffer.from('plain') },
  };
  const sealed = (): string => String(partition?.record(raw as never, 0).value?.toString('hex')); // of no entity
  const before = sealed();
  await log.publish(partition?.topic ?? '', partition?.takeUnwritten() ?? []);
  t.equal(sealed(), before);
  t.equal(await destroyKeys(log, paid.name, ''), 1);
  for (let i = 0; i < 400 && sealed() === before; i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  t.not(sealed(), before);
  protection?.close();
  await log.close();
});
