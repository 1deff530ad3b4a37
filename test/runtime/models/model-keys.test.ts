// Signatures of manifests: what they count for, and for nothing else.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { exactJson } from '../../../src/core/exact-json.ts';
import { parseManifest } from '../../../src/core/manifest.ts';
import type { ModelManifest } from '../../../src/core/reports.ts';
import { ModelKeys, nameOfKey } from '../../../src/runtime/models/model-keys.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { ordersTopology } from '../../support/orders.ts';

const [first, second] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const reference = { rowCount: 0, features: [], score: { edges: [-0], shares: [Number.NaN], sample: [] } };
const topology = ordersTopology({ partitions: 1 });
const manifest = championManifest(topology, 'v1', reference, Buffer.from('v1'));
const signed = new ModelKeys([], first.privateKey).sign(manifest);
const keys = new ModelKeys([first.publicKey]);
const refuses = (changed: ModelManifest, message: RegExp): void => {
  t.throws(() => keys.requireSigned(changed), { code: 'MODEL_INVALID', message });
};

t.test('a signature holds through files and updates, and for every status', async (t) => {
  t.equal(signed.signature?.key, nameOfKey(first.publicKey));
  keys.requireSigned(signed);
  keys.requireSigned(parseManifest(exactJson({ ...signed, status: 'retired' })));
});

t.test('it counts for nothing else', async () => {
  const isNot = /is not that of this manifest/;
  refuses({ ...signed, topology: 'payments' }, isNot);
  refuses({ ...signed, version: 'v2' }, isNot);
  refuses({ ...signed, sha256: '00' }, isNot);
  refuses({ ...signed, task: 'regression' }, isNot);
  refuses({ ...signed, features: signed.features.toReversed() }, isNot);
  refuses({ ...signed, newestRowMs: 1 }, isNot);
  refuses(manifest, /is not signed/);
  const value = (signed.signature?.value ?? '').replace(/^./, (digit) => (digit === 'A' ? 'B' : 'A'));
  refuses({ ...signed, signature: { key: nameOfKey(first.publicKey), value } }, isNot);
  refuses({ ...signed, signature: { key: nameOfKey(first.publicKey), value: '' } }, isNot);
});

t.test('keys are rotated', async (t) => {
  const bySecond = new ModelKeys([], second.privateKey).sign(manifest);
  refuses(bySecond, /is not trusted/);
  const both = new ModelKeys([first.publicKey, second.publicKey]);
  both.requireSigned(signed);
  both.requireSigned(bySecond);
  new ModelKeys().requireSigned(manifest);
  t.throws(() => new ModelKeys([first.publicKey], second.privateKey), { code: 'CONFIG_INVALID' });
  t.equal(nameOfKey(createPublicKey(first.privateKey)), nameOfKey(first.publicKey));
});
