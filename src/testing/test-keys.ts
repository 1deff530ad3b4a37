// Keys for sensitive columns in tests (control path): always the same, so that a test can compute a hash.
import { createHash } from 'node:crypto';
import type { Batch } from '../core/batch.ts';
import { FileKeys } from '../runtime/personal/file-keys.ts';
import { KeyedHash } from '../runtime/personal/keyed-hash.ts';
import { dataKey, KEY_ID_BYTES } from '../runtime/personal/envelope.ts';
import type { PersonalKeys } from '../runtime/personal/protection.ts';
import { SensitiveBatches, type EntityKeys } from '../runtime/personal/sensitive-batch.ts';
import type { Topology } from '../topology/define.ts';
import { isSensitive } from '../topology/sensitive-columns.ts';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export function testPersonalKeys(): PersonalKeys {
  return {
    hash: new KeyedHash(digest('hash key of tests')),
    wrapper: new FileKeys([digest('key of tests')]),
  };
}

/** The hash that TopologyDriver and EmbeddedRun have in place of a value of a hashed column. */
export function testHash(value: string): string {
  return testPersonalKeys().hash?.of(value) ?? value;
}

/** A data key for each entity, without a topic. */
const testEntityKeys: EntityKeys = {
  keyOf: (entity) =>
    dataKey(digest(`id of ${entity}`).subarray(0, KEY_ID_BYTES), digest(`data key of ${entity}`)),
};

/** What becomes of the sensitive columns of a topology's batches. */
export function testTreatment({ name, source }: Topology): (batch: Batch) => Batch {
  if (!isSensitive(source)) return (batch) => batch;
  const batches = new SensitiveBatches(name, source, testPersonalKeys().hash, testEntityKeys);
  return (batch) => batches.treat(batch);
}
