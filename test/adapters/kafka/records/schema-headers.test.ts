// Ids of schemas in headers of records, as kafkajs's encoder writes headers: they are read before the value.
import t from 'tap';
import { rawBatchOf } from '../../../../src/adapters/kafka/wire/fetched.ts';
import { encodeBatch, fetched, plain, sealed, type ReferenceRecord } from '../reference-batches.ts';

const HEADER = '__value_schema_id';
const GUID = Buffer.from('01000102030405060708090a0b0c0d0e0f', 'hex');
const ID = Buffer.of(0, 0, 0, 0, 7);

const record = (
  value: string | null,
  offsetDelta: number,
  headers: ReferenceRecord['headers'] = {},
): ReferenceRecord => ({
  ...plain(value ?? '', offsetDelta),
  value: value === null ? null : Buffer.from(value),
  headers,
});

async function valuesOf(records: readonly ReferenceRecord[], from = 0): Promise<Array<string | null>> {
  const batches = [0, 10].map((baseOffset) =>
    encodeBatch({ baseOffset, lastOffsetDelta: records.length - 1, records }),
  );
  const set = Buffer.concat(await Promise.all(batches));
  const raw = rawBatchOf({ topic: 'orders', partition: 0 }, fetched(set), from);
  return [...(raw?.values ?? [])].map((value) => value?.toString('latin1') ?? null);
}

t.test('a value is read behind the frame in its header, alone or beside others', async (t) => {
  const long = 'x'.repeat(300);
  const records = [
    record('a', 0, { [HEADER]: GUID }),
    record('b', 1),
    record('c', 2, { trace: long, [HEADER]: ID, more: '' }),
    record(null, 3, { [HEADER]: ID }),
    record('', 4, { [HEADER]: ID }),
    record('d', 5, { [HEADER]: [GUID, ID] }),
    record('e', 6, { __key_schema_id: GUID, trace: 'y' }),
    // No frames: the wrong magic byte, too short, empty.
    record('f', 7, { [HEADER]: [Buffer.of(2, 0, 0, 0, 7), Buffer.of(0, 0), ''] }),
  ];
  const guid = GUID.toString('latin1');
  const id = ID.toString('latin1');
  const expected = [`${guid}a`, 'b', `${id}c`, null, id, `${id}d`, 'e', 'f'];
  t.strictSame(await valuesOf(records), [...expected, ...expected]);
  t.strictSame(await valuesOf(records, 12), expected.slice(2));
});

t.test('records without such headers stay views of what was fetched', async (t) => {
  const set = await encodeBatch({
    baseOffset: 0,
    lastOffsetDelta: 0,
    records: [record('a', 0, { trace: 'x' })],
  });
  const raw = rawBatchOf({ topic: 'orders', partition: 0 }, fetched(set), 0)!;
  t.equal(raw.values.bytes.buffer, set.buffer);
});

t.test(
  'headers that run past their record, and batches that hold less than they claim, add nothing',
  async (t) => {
    const sound = await encodeBatch({
      baseOffset: 0,
      lastOffsetDelta: 0,
      records: [record('a', 0, { [HEADER]: ID })],
    });
    const nameAt = sound.indexOf(HEADER);
    for (const at of [nameAt - 1, nameAt - 2, nameAt + HEADER.length]) {
      for (const byte of [0x7e, 0x7f, 0x03]) {
        const bytes = Buffer.from(sound);
        bytes[at] = byte;
        const raw = rawBatchOf({ topic: 'orders', partition: 0 }, fetched(sealed(bytes)), 0);
        t.match(raw?.values.at(0)?.toString('latin1'), /a$/, `${at}: ${byte}`);
      }
    }
    const claims = await encodeBatch({
      baseOffset: 0,
      lastOffsetDelta: 1,
      records: [record('a', 0, { [HEADER]: ID }), record('b', 1, { [HEADER]: ID })],
    });
    claims.writeInt32BE(1, 57); // the number of records
    const after = await encodeBatch({
      baseOffset: 2,
      lastOffsetDelta: 1,
      records: [record('c', 0), record('d', 1)],
    });
    const raw = rawBatchOf(
      { topic: 'orders', partition: 0 },
      fetched(Buffer.concat([sealed(claims), after])),
      0,
    )!;
    t.strictSame(
      [...raw.values].map((value) => value?.toString('latin1') ?? null),
      [null, 'c', 'd'],
    );
  },
);
