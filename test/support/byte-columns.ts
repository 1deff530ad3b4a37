// Byte strings as a column, with unused bytes between them.
import { ByteColumn } from '../../src/core/byte-column.ts';

export function columnOf(values: ReadonlyArray<Uint8Array | null>): ByteColumn {
  const gap = Buffer.of(0xee);
  const starts = new Int32Array(values.length);
  const ends = new Int32Array(values.length);
  let at = 1;
  for (const [i, value] of values.entries()) {
    starts[i] = value === null ? -1 : at;
    ends[i] = value === null ? -1 : (at += value.length);
    at += 1;
  }
  return new ByteColumn(
    Buffer.concat([gap, ...values.flatMap((value) => (value === null ? [gap] : [value, gap]))]),
    starts,
    ends,
  );
}
