// Event times of any number, from any format: whole milliseconds within range, or a dead letter with its own code.
import t from 'tap';
import type { EventDecoder } from '../../../src/ports/format.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { rawBatchOf } from '../../adapters/avro/raw-batch.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = 1_704_067_200_000;

/** Each value is a Float64. */
const doubles: EventDecoder = {
  schema: { at: { kind: 'number', nullable: false } },
  fillsRows: true,
  decode({ values }, from, to, into) {
    for (let index = from; index < to; index++) {
      into.setNumber(0, values.bytes.readDoubleLE(values.starts[index]));
      into.accept(index);
    }
  },
};

function decode(
  times: readonly number[],
  recordMs: readonly number[] = [],
): { readonly kept: number[]; readonly codes: Array<readonly [number, string]> } {
  const decoder = new SourceDecoder(doubles, 'at', 'source test', HOUR_MS);
  const values = times.map((time) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(time);
    return bytes;
  });
  const raw = rawBatchOf(values);
  raw.timestampMs.set(recordMs);
  const { batch, faults } = decoder.decode(raw, 0, raw.count);
  return { kept: [...batch.eventTimeMs], codes: faults.map(({ index, code }) => [index, code]) };
}

t.test('an event time is rounded down to whole milliseconds, before 1970 too', async (t) => {
  const { kept, codes } = decode([NOW_MS + 0.5, NOW_MS + 0.999, -0.5, 0]);
  t.strictSame(kept, [NOW_MS, NOW_MS, -1, 0]);
  t.strictSame(codes, []);
});

t.test('an event time that is no instant between 1900 and 2300 is set aside alone', async (t) => {
  const times = [
    NOW_MS * 1_000, // microseconds
    1e300,
    2 ** 53 - 2,
    Number.POSITIVE_INFINITY,
    -1e300,
    Date.UTC(1899, 11, 31),
    Date.UTC(2300, 0, 1),
    Date.UTC(1900, 0, 1),
    Date.UTC(2300, 0, 1) - 1,
    Number.NaN,
  ];
  const { kept, codes } = decode(times);
  t.strictSame(kept, [Date.UTC(1900, 0, 1), Date.UTC(2300, 0, 1) - 1]);
  t.strictSame(codes, [
    ...[0, 1, 2, 3, 4, 5, 6].map((index) => [index, 'EVENT_TIME_RANGE']),
    [9, 'EVENT_MALFORMED'],
  ]);
});

t.test('an event too far ahead of its own record is set aside, whatever the wall clock says', async (t) => {
  const past = NOW_MS - 10_000 * HOUR_MS;
  const times = [past + HOUR_MS, past + HOUR_MS + 1, past - 5 * HOUR_MS, NOW_MS, NOW_MS + 1, NOW_MS];
  const { kept, codes } = decode(times, [past, past, past, NOW_MS - 2 * HOUR_MS, NOW_MS, past]);
  t.strictSame(kept, [past + HOUR_MS, past - 5 * HOUR_MS, NOW_MS + 1]);
  t.strictSame(codes, [
    [1, 'EVENT_TIME_AHEAD'],
    [3, 'EVENT_TIME_AHEAD'],
    [5, 'EVENT_TIME_AHEAD'],
  ]);
});

t.test('a record without a timestamp has nothing that its event could be ahead of', async (t) => {
  const { kept, codes } = decode([NOW_MS, NOW_MS, NOW_MS], [-1, 0, -62_135_596_800_000]);
  t.equal(kept.length, 3);
  t.strictSame(codes, []);
});
