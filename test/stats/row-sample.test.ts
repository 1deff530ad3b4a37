// The hash that samples are drawn by, and what merging keeps.
import t from 'tap';
import {
  mergeSamples,
  pruneSample,
  sampleHash,
  sampleRowsMax,
  sampleSeed,
} from '../../src/stats/row-sample.ts';

t.test("the hash is MurmurHash3's finalizer, and has no collisions within a partition", async (t) => {
  // fmix32 of 1, 2 and 0xffffffff, as published with MurmurHash3.
  t.same(
    [1, 2, 0xffff_ffff].map((offset) => sampleHash(0, offset)),
    [0x514e28b7, 0x30f4c306, 0x81f16f39],
  );
  const seed = sampleSeed({ topic: 'orders', partition: 3 });
  const hashes = new Set(Array.from({ length: 100_000 }, (_, i) => sampleHash(seed, 2 ** 40 + i)));
  t.equal(hashes.size, 100_000);
  t.not(sampleHash(seed, 5), sampleHash(seed, 5 + 2 ** 32), 'offsets beyond 32 bits');
  t.not(sampleSeed({ topic: 'orders', partition: 0 }), sampleSeed({ topic: 'orders', partition: 1 }));
});

t.test('a sample has a bound in rows and in bytes', async (t) => {
  t.equal(sampleRowsMax(43), 5_000);
  t.equal(sampleRowsMax(0), 5_000);
  t.ok(sampleRowsMax(2_000) < 525);
  t.equal(sampleRowsMax(1e9), 1);
});

const part = (
  partition: number,
  width: number,
  offsets: readonly number[],
): Parameters<typeof pruneSample>[1] => ({
  partition,
  width,
  offsets: Float64Array.from(offsets),
  features: new Float32Array(offsets.length * width).fill(partition),
  scores: Float32Array.from(offsets),
});

t.test('rows of an earlier width, and parts without rows, are left out', async (t) => {
  const merged = mergeSamples('orders', [
    part(0, 2, [1, 2]),
    part(1, 3, [5]),
    part(2, 2, []),
    part(3, 3, [7]),
  ]);
  t.same([merged.width, merged.rowCount, Array.from(merged.scores)], [3, 2, [5, 7]]);
  t.same(mergeSamples('orders', []), {
    width: 0,
    rowCount: 0,
    features: new Float32Array(0),
    scores: new Float32Array(0),
  });
});

t.test('pruning keeps what a merge would', async (t) => {
  const offsets = Array.from({ length: 12_000 }, (_, i) => i);
  const whole = part(1, 1, offsets);
  const pruned = pruneSample('orders', whole);
  t.equal(pruned.offsets.length, 5_000);
  t.same(mergeSamples('orders', [pruned]), mergeSamples('orders', [whole]));
  t.equal(pruneSample('orders', pruned), pruned);
});
