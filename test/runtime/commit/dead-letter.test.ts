// A dead letter fits its topic: whole if it can, else as the heads of the event's bytes with what identifies the rest.
import { createHash } from 'node:crypto';
import t from 'tap';
import { AvroCodec } from '../../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { recordBytes } from '../../../src/core/record-bytes.ts';
import { keepSecret } from '../../../src/core/secrets.ts';
import { deadLetterRecord } from '../../../src/runtime/commit/dead-letter.ts';
import type { DeadLetterRecord } from '../../../src/runtime/records.ts';

const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null }, schemaFolders: [] }));
t.teardown(() => codec.close());
const encoder = await codec.encoder<DeadLetterRecord>('orders.dead-letters-value');
const decoder = await codec.decoder<DeadLetterRecord>('orders.dead-letters-value');

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const place = { topic: 'orders', partition: 3, offset: 12, timestampMs: 5, code: 'EVENT_MALFORMED' };

for (const [keyBytes, valueBytes, bytesMax] of [
  [3, 2_000_000, 1_000_000],
  [600_000, 10, 1_000_000],
  [600_000, 600_000, 100_000],
  [10, 5_000, 1_000],
] as const) {
  t.test(`a key of ${keyBytes} and a value of ${valueBytes} bytes within ${bytesMax}`, async (t) => {
    const key = Buffer.alloc(keyBytes, 'k');
    const value = Buffer.alloc(valueBytes, 'v');
    const letter = { ...place, key, value, message: 'not framed', failedAtMs: 7 };
    const whole = deadLetterRecord(encoder, letter, Number.POSITIVE_INFINITY);
    t.match(await decoder.decode(whole.value ?? key), { key, value, cut: null });
    t.notOk('headers' in whole);
    const record = deadLetterRecord(encoder, letter, bytesMax);
    t.ok(recordBytes(record) <= bytesMax, `${recordBytes(record)}`);
    const { key: keyHead, value: head, cut } = await decoder.decode(record.value ?? key);
    t.ok(key.subarray(0, keyHead?.length).equals(keyHead ?? key));
    t.ok((head?.length ?? 0) > 0 && value.subarray(0, head?.length).equals(head ?? value));
    const expected = { keyBytes, keySha256: sha256(key), valueBytes, valueSha256: sha256(value) };
    t.same({ ...cut }, expected);
    t.same(record.headers, {
      'millrace-source': 'orders-3-12',
      'millrace-key-bytes': String(keyBytes),
      'millrace-key-sha256': expected.keySha256,
      'millrace-value-bytes': String(valueBytes),
      'millrace-value-sha256': expected.valueSha256,
    });
  });
}

t.test('a message without the secrets of the process', async (t) => {
  keepSecret('canary-of-letters');
  const message = 'the registry http://u:canary-of-letters@h has no such schema';
  const record = deadLetterRecord(
    encoder,
    { ...place, key: null, value: null, message, failedAtMs: 7 },
    10_000,
  );
  const letter = await decoder.decode(record.value ?? Buffer.alloc(0));
  t.equal(letter.message, 'the registry http://u:***@h has no such schema');
});

t.test('a message that quotes a large event is shortened', async (t) => {
  const letter = { ...place, key: null, value: null, message: 'x'.repeat(2_000_000), failedAtMs: 7 };
  const record = deadLetterRecord(encoder, letter, 10_000);
  t.match(await decoder.decode(record.value ?? Buffer.alloc(0)), { cut: null, message: 'x'.repeat(1_000) });
});
