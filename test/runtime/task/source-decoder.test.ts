// What a source's format may do wrong, and what becomes of its records.
import type { ScalarColumn } from '../../../src/core/batch.ts';
import t from 'tap';
import type { RawBatch } from '../../../src/core/batch.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { LIST_BATCH_BYTES_MAX } from '../../../src/core/event-limits.ts';
import type { EventDecoder } from '../../../src/ports/format.ts';
import type { Schema } from '../../../src/core/schema.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { rawBatchOf } from '../../adapters/avro/raw-batch.ts';

const schema: Schema = {
  name: { kind: 'string', nullable: true },
  colour: { kind: 'string', nullable: true, symbols: ['red', 'green'] },
  amount: { kind: 'number', nullable: true },
  at: { kind: 'number', nullable: false },
};

const raw = (...lines: readonly string[]): RawBatch => rawBatchOf(lines.map((line) => Buffer.from(line)));

function decoderOf(decode: EventDecoder['decode'], fillsRows = false): SourceDecoder {
  return new SourceDecoder({ schema, fillsRows, decode }, 'at', 'source test');
}

/** `name,colour,amount,at`, of which empty ones are left out; a line of one word is rejected, and `throw` throws. */
const lines: EventDecoder['decode'] = ({ values }, from, to, into) => {
  for (let index = from; index < to; index++) {
    const start = values.starts[index] as number;
    const cells = values.bytes.toString('utf8', start, values.ends[index]).split(',');
    if (cells[0] === 'throw') throw new Error('cannot read it');
    if (cells[0] === 'skip') continue;
    const [name = '', colour = '', amount = '', at = ''] = cells;
    if (name !== '') into.setUtf8(0, values.bytes, start, start + Buffer.byteLength(name));
    if (colour !== '' && !into.setString(1, colour)) {
      into.reject(index, 'EVENT_MALFORMED', `no colour is ${colour}`);
      continue;
    }
    if (amount !== '') into.setNumber(2, Number(amount));
    if (at !== '') into.setNumber(3, Number(at));
    into.accept(index);
  }
};

function rowsOf(decoder: SourceDecoder, records: RawBatch): { rows: unknown[][]; faults: unknown[][] } {
  const { batch, faults } = decoder.decode(records, 0, records.count);
  const rows = [...batch.rows].map((row) =>
    Object.values(batch.columns as Record<string, ScalarColumn>).map((column) =>
      column.kind === 'number' ? column.values[row] : column.dictionary.decode(column.codes[row] as number),
    ),
  );
  t.equal(batch.rawIndex.length, batch.size);
  return { rows, faults: faults.map(({ index, code, message }) => [index, code, message]) };
}

t.test('a column that is not set is null, also after a record that was rejected half-way', async (t) => {
  const { rows, faults } = rowsOf(
    decoderOf(lines),
    raw('ann,red,1,10', 'bob,blue,2,11', ',,,12', 'zoë,green,,13', 'eve,red,5,'),
  );
  t.strictSame(rows, [
    ['ann', 'red', 1, 10],
    [undefined, undefined, Number.NaN, 12],
    ['zoë', 'green', Number.NaN, 13],
  ]);
  t.strictSame(faults, [
    [1, 'EVENT_MALFORMED', 'no colour is blue'],
    [4, 'EVENT_MALFORMED', 'the event time is null or not a number'],
  ]);
});

t.test('a record that makes the format throw, or that it skips, fails alone', async (t) => {
  const { rows, faults } = rowsOf(
    decoderOf(lines),
    raw('a,red,1,1', 'throw', 'b,green,2,2', 'skip', 'c,red,3,3'),
  );
  t.strictSame(
    rows.map(([name]) => name),
    ['a', 'b', 'c'],
  );
  t.strictSame(faults, [
    [1, 'EVENT_MALFORMED', 'the format failed: cannot read it'],
    [3, 'EVENT_MALFORMED', 'the format neither accepted nor rejected the record'],
  ]);
});

t.test('what a record wrote before the format threw is not in the next row', async (t) => {
  const half: EventDecoder['decode'] = (records, from, to, into) => {
    for (let index = from; index < to; index++) {
      into.setNumber(3, index);
      if (index === 0) {
        into.setString(0, 'left behind');
        throw new Error('half');
      }
      into.accept(index);
    }
  };
  for (const fillsRows of [false, true]) {
    const { rows } = rowsOf(decoderOf(half, fillsRows), raw('1', '2'));
    if (!fillsRows) t.strictSame(rows, [[undefined, undefined, Number.NaN, 1]]);
    t.equal(rows.length, 1);
  }
});

t.test('a record that is handled twice is a fault, not two events', async (t) => {
  const twice: EventDecoder['decode'] = (_records, from, to, into) => {
    for (let index = from; index < to; index++) {
      for (let time = 0; time < 2; time++) {
        into.setNumber(3, index);
        into.accept(index);
      }
    }
  };
  const { rows, faults } = rowsOf(decoderOf(twice), raw('1', '2'));
  t.strictSame(rows, []);
  t.match(faults, [
    [0, 'EVENT_MALFORMED', /record 0 was handled where record 1 was expected/],
    [1, 'EVENT_MALFORMED', /record 1 was handled/],
  ]);
});

t.test('a part of a fetch has indices into the whole', async (t) => {
  const records = raw('a,,,1', 'b,,,2', 'skip', 'c,,,3');
  const { batch, faults } = decoderOf(lines).decode(records, 1, 4);
  t.strictSame([...batch.rawIndex], [1, 3]);
  t.strictSame([...batch.offsets], [1, 3]);
  t.strictSame(
    faults.map(({ index }) => index),
    [2],
  );
  t.equal(batch.offsetNext, 4);
  t.equal(decoderOf(lines).decode(records, 0, 2).batch.offsetNext, 2);
});

t.test('event time must be a number column', async (t) => {
  const wrong = { code: 'TOPOLOGY_INVALID', message: /Name one of amount, at/ };
  t.throws(() => new SourceDecoder({ schema, decode: lines }, 'name', 'source test'), wrong);
  t.throws(() => new SourceDecoder({ schema, decode: lines }, 'time', 'source test'), wrong);
});

t.test('rows whose bytes the log could not return are rejected for its reason', async (t) => {
  const records = raw('ann,red,1,10', '', '', 'bob,red,2,11', '', 'throw', 'eve,red,3,12');
  const unreadable = [
    { from: 1, to: 3, code: 'BATCH_TOO_LARGE', message: 'large' },
    { from: 4, to: 5, code: 'BATCH_UNREADABLE', message: 'damaged' },
  ] as const;
  for (const fills of [false, true]) {
    const { rows, faults } = rowsOf(decoderOf(lines, fills), { ...records, unreadable });
    t.strictSame(
      rows.map(([name]) => name),
      ['ann', 'bob', 'eve'],
    );
    t.strictSame(faults, [
      [1, 'BATCH_TOO_LARGE', 'large'],
      [2, 'BATCH_TOO_LARGE', 'large'],
      [4, 'BATCH_UNREADABLE', 'damaged'],
      [5, 'EVENT_MALFORMED', 'the format failed: cannot read it'],
    ]);
  }
  const calls: string[] = [];
  const counting = decoderOf((all, from, to, into) => {
    calls.push(`${from}-${to}`);
    lines(all, from, to, into);
  });
  counting.decode({ ...raw('ann,red,1,10', '', '', 'bob,red,2,11'), unreadable: [unreadable[0]] }, 2, 4);
  t.strictSame(calls, ['3-4'], 'a format never sees them, also where a batch begins between them');
});

t.test(
  'lists divide a fetch by the bytes of its records, to which one without a value adds none',
  async (t) => {
    const withLists: Schema = { ...schema, tags: { kind: 'string[]', nullable: true } };
    const decoder = new SourceDecoder({ schema: withLists, decode: lines }, 'at', 'source test');
    const large = Buffer.alloc(LIST_BATCH_BYTES_MAX, ',');
    // The rows without a value have the end of the one before, as those of a log do.
    const values = ByteColumn.of([large, null, null, Buffer.from(','), null]);
    const records = { ...rawBatchOf(Array.from(values)), values };
    t.equal(decoder.endBefore(records, 0, 5), 3);
    t.equal(decoder.endBefore(records, 1, 5), 5);
    t.equal(decoderOf(lines).endBefore(records, 0, 5), 5);
  },
);
