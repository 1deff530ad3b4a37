// Records that are sealed as wholes, and letters of them that keep the heads alone.
import t from 'tap';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import type { RawBatch } from '../../../src/core/batch.ts';
import type { EventLog } from '../../../src/ports/event-log.ts';
import { wholeLetter } from '../../../src/app/commands/replay-dead-letters/whole-letter.ts';
import { cutOf } from '../../../src/runtime/commit/dead-letter.ts';
import { newDataKey } from '../../../src/runtime/personal/envelope.ts';
import { RecordOpener, RecordSeal } from '../../../src/runtime/personal/record-seal.ts';
import type { DeadLetterRecord } from '../../../src/runtime/records.ts';

const key = newDataKey();
const keys = {
  keyOf: () => key,
  find: (id: string) => (id === key.id.toString('hex') ? key : null),
};

const raw: RawBatch = {
  origin: { topic: 'payments', partition: 1 },
  count: 3,
  offsets: Float64Array.of(5, 6, 7),
  timestampMs: Float64Array.of(0, 0, 0),
  keys: ByteColumn.of([null, Buffer.from('k'), null]),
  values: ByteColumn.of([Buffer.from('a'), Buffer.from('b'.repeat(500)), null]),
  offsetNext: 8,
  highWatermark: 8,
  receivedAtMs: 0,
};

const seal = new RecordSeal('payments', 'card', keys);
const opener = new RecordOpener('payments', 'payments', keys);

t.test('a page of sealed records opens, and what has no key any more is unreadable', async (t) => {
  const sealed = seal.records(raw, 0, 3);
  t.not(sealed.values.at(0)?.toString(), 'a');
  const opened = opener.page(sealed);
  t.strictSame([...opened.values], [...raw.values]);
  t.strictSame([...opened.keys], [...raw.keys]);
  t.notOk('unreadable' in opened);
  t.strictSame([...opener.page(raw).values], [...raw.values], 'records from before pass as they are');
  const without = new RecordOpener('payments', 'payments', { find: () => null }).page(sealed);
  t.match(without.unreadable, [
    { from: 0, to: 1, code: 'BATCH_UNREADABLE' },
    { from: 1, to: 2 },
  ]);
  t.equal(without.unreadable?.length, 2, 'a record without a value has nothing to open');
});

t.test('a sealed letter that was cut is whole again from the source', async (t) => {
  const sealed = seal.record(raw, 1);
  const value = sealed.value ?? Buffer.alloc(0);
  const letter: DeadLetterRecord = {
    topic: 'payments',
    partition: 1,
    offset: 6,
    key: null,
    value: value.subarray(0, 64),
    timestampMs: 0,
    code: 'CONTRACT_RANGE',
    message: '',
    failedAtMs: 0,
    cut: cutOf(sealed),
  };
  const log = {
    async *read(): AsyncGenerator<RawBatch> {
      yield {
        ...raw,
        count: 1,
        offsets: Float64Array.of(6),
        keys: raw.keys.slice(1, 2),
        values: raw.values.slice(1, 2),
      };
    },
  } as unknown as EventLog; // it is only read
  const whole = await wholeLetter(log, letter, opener);
  t.equal(whole.cut, null);
  t.equal(whole.value?.toString(), 'b'.repeat(500));
  const other = { ...letter, offset: 7 };
  t.equal((await wholeLetter(log, other, opener)).cut, letter.cut, 'another event is not taken for it');
});
