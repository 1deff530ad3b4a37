// What a partition of the embedded log keeps in memory of what it has on disk.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { LogStore } from '../../../src/adapters/embedded/log-store.ts';
import { PartitionLog } from '../../../src/adapters/embedded/log-partition.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';

const RECORDS = 60_000;
const MIB = 1_048_576;
/** Measured: 8 MiB, and 67 MiB while the bytes of values alone were counted. */
const GROWTH_MIB_MAX = 20;

const key = ByteColumn.of([Buffer.from('key')]);
const value = Buffer.from('a record of a slow stream');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // what the flag has added

function used(): number {
  collectGarbage();
  collectGarbage(); // the first one only begins to free what arrays lie in
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

t.test('records that come one by one take no more memory than those of a fast stream', async (t) => {
  const store = new LogStore(null);
  const log = new PartitionLog({ topic: 'slow', partition: 0 }, store);
  const before = used();
  for (let i = 0; i < RECORDS; i += 1) log.append(Float64Array.of(i), key, ByteColumn.of([value]));
  const grown = (used() - before) / MIB;
  t.equal(log.high, RECORDS);
  t.ok(grown < GROWTH_MIB_MAX, `${grown.toFixed(1)} MiB`);
  t.comment(`${grown.toFixed(1)} MiB`);
  t.equal(
    log
      .next(RECORDS - 1, RECORDS)
      ?.values.at(0)
      ?.toString(),
    value.toString(),
    'the newest is in memory',
  );
  store.close();
});

/** As writers have them: a few records at the start of what has room for many. */
function roomy(count: number, from: number): [Float64Array, ByteColumn, ByteColumn] {
  const bytes = Buffer.allocUnsafeSlow(8_192);
  const column = (at: number): ByteColumn => {
    const starts = new Int32Array(512).subarray(0, count);
    const ends = new Int32Array(512).subarray(0, count);
    for (let i = 0; i < count; i += 1) {
      starts[i] = at + 12 * i;
      ends[i] = starts[i]! + bytes.write(`record ${from + i}`.slice(0, 12), starts[i]!);
    }
    return new ByteColumn(bytes, starts, ends);
  };
  const times = new Float64Array(512).subarray(0, count).map((_, i) => from + i);
  return [times, column(0), column(4_096)];
}

t.test('few records in arrays with room for many take no more, and are read as they were', async (t) => {
  const store = new LogStore(null);
  const log = new PartitionLog({ topic: 'slow', partition: 0 }, store);
  const before = used();
  let records = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const count = 1 + (i % 3);
    log.append(...roomy(count, records));
    records += count;
  }
  const grown = (used() - before) / MIB;
  t.ok(grown < GROWTH_MIB_MAX, `${grown.toFixed(1)} MiB`);
  t.equal(log.high, records);
  for (let from = records - 5_000; from < records;) {
    const chunk = log.next(from, records);
    if (chunk === null) throw new Error(`nothing at ${from}`);
    for (const [row, offset] of chunk.offsets.entries()) {
      const text = `record ${offset}`;
      const found = [
        chunk.keys.at(row)?.toString(),
        chunk.values.at(row)?.toString(),
        chunk.timestampMs[row],
      ];
      if (offset !== from + row || found.some((each, i) => each !== [text, text, offset][i]))
        t.same(found, [text, text, offset]);
    }
    from = chunk.endOffset;
  }
  store.close();
});
