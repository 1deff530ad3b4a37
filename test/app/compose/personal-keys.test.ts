// The keys for sensitive columns from the settings: which are needed, and a module of a key-management service.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { openPersonalKeys, openWrapper } from '../../../src/app/compose/personal-keys.ts';
import { contract, defineTopology, required, type SourceOptions, type Topology } from '../../../src/index.ts';

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
      const turned = (bytes, context) => Uint8Array.from(bytes, (byte) => byte ^ context.length);
      export const wrap = async (key, context) => turned(key, context);
      export const unwrap = (wrapped, context) => turned(wrapped, context);`,
    'away.mjs': `export const wrap = () => { throw new Error('away'); }; export const unwrap = () => 'no bytes';`,
    'other.mjs': 'export const wrap = 1;',
  });
  const open = (file: string) => openWrapper('payments', { ...none, kmsModule: join(folder, file) });
  const kms = await open('kms.mjs');
  t.equal(kms.id, 'kms alias/a');
  const wrapped = await kms.wrap(Buffer.from('abc'), 'payments');
  t.not(wrapped.toString(), 'abc');
  t.equal((await kms.unwrap(wrapped, kms.id, 'payments')).toString(), 'abc');
  const away = await open('away.mjs');
  await t.rejects(away.wrap(Buffer.alloc(32), 'payments'), { code: 'KEYS_UNAVAILABLE', message: /away/ });
  await t.rejects(away.unwrap(Buffer.alloc(32), 'kms', 'payments'), {
    code: 'KEYS_UNAVAILABLE',
    message: /no bytes/,
  });
  await t.rejects(open('other.mjs'), { code: 'CONFIG_INVALID', message: /does not export wrap and unwrap/ });
  await t.rejects(open('missing.mjs'), { code: 'CONFIG_INVALID', message: /cannot be loaded/ });
});
