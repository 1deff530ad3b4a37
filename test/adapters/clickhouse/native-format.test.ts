// Bytes of ClickHouse's Native format, according to its documentation.
import t from 'tap';
import { textColumn, textsOf } from '../../../src/core/text-column.ts';
import { readNative } from '../../../src/adapters/clickhouse/native-format.ts';

const text = (value: string): Buffer => Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const ends = (...values: bigint[]): Buffer => Buffer.from(BigUint64Array.from(values).buffer);

function block(rowCount: number): Buffer {
  const many = Buffer.concat(Array.from({ length: rowCount }, (_, i) => floats(i)));
  const counts =
    rowCount < 128 ? Buffer.of(2, rowCount) : Buffer.of(2, (rowCount & 127) | 128, rowCount >> 7);
  const vectors = Array.from({ length: rowCount }, (_, i) => floats(i, -i));
  const vectorEnds = ends(...Array.from({ length: rowCount }, (_, i) => BigInt(2 * (i + 1))));
  return Buffer.concat([
    counts,
    text('x'),
    text('Float32'),
    many,
    text('v'),
    text('Array(Float32)'),
    vectorEnds,
    ...vectors,
  ]);
}

t.test('blocks of columns, without empty ones', async (t) => {
  const blocks = readNative(Buffer.concat([block(2), block(0), block(300)]));
  t.same(
    blocks.map((one) => one.rowCount),
    [2, 300],
  );
  t.ok(blocks[0]?.columns[0]?.bytes.equals(floats(0, 1)));
  t.same([...(blocks[0]?.columns[1]?.ends ?? [])], [2n, 4n]);
  t.ok(blocks[0]?.columns[1]?.bytes.equals(floats(0, -0, 1, -1)));
  t.equal(blocks[1]?.columns[1]?.bytes.length, 300 * 2 * 4);
  t.same(readNative(Buffer.alloc(0)), []);
});

t.test('strings', async (t) => {
  const words = ['', 'é', 'x'.repeat(100), 'b'];
  const bytes = Buffer.concat(
    words.map((word) => Buffer.concat([Buffer.of(Buffer.byteLength(word)), Buffer.from(word)])),
  );
  const column = Buffer.concat([Buffer.of(1, words.length), text('s'), text('String'), bytes]);
  const [block] = readNative(column);
  t.same(textsOf(block?.columns[0]?.texts ?? textColumn([])), words);
  t.throws(() => readNative(column.subarray(0, -1)), { code: 'HISTORY_FAILED', message: /is cut short/ });
});

t.test('truncated bytes and unknown types', async (t) => {
  const whole = block(300);
  for (const length of [1, 3, 20, whole.length - 1]) {
    t.throws(() => readNative(whole.subarray(0, length)), {
      code: 'HISTORY_FAILED',
      message: /is cut short/,
    });
  }
  const odd = Buffer.concat([Buffer.of(1, 1), text('s'), text('UInt8'), text('a')]);
  t.throws(() => readNative(odd), { code: 'HISTORY_FAILED', message: /column s came as UInt8/ });
});
