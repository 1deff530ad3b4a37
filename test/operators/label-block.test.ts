// Blocks of labels: predictions before an offset have no part in them, as their outcomes are those of an earlier run.
import t from 'tap';
import { addOutcomesFrom, OUTCOMES_STAGE, outcomesFrom } from '../../src/core/complete-state.ts';
import { atLeast, binary } from '../../src/index.ts';
import { LabelBlockBuilder } from '../../src/operators/label-block.ts';
import type { PendingPrediction } from '../../src/operators/pending-record.ts';

const { output } = binary({ column: 'paid', positive: atLeast(1) });

function pendingAt(offset: number): PendingPrediction {
  const key = `k${offset}`;
  return { key, offset, timeMs: offset, score: 0.5, shadowScore: Number.NaN, flags: 0, version: 'v1' };
}

t.test('predictions before the offset are left out', async (t) => {
  const block = new LabelBlockBuilder({ topic: 'orders', partition: 0 }, output, 5);
  for (const offset of [4, 5, 2, 9]) block.add(pendingAt(offset), 1, 7, 8, 8);
  const built = block.build(null);
  t.same(built?.predictionOffsets, Float64Array.of(5, 9));
  t.same(built?.keys, ['k5', 'k9']);
  const none = new LabelBlockBuilder({ topic: 'orders', partition: 0 }, output, 5);
  none.add(pendingAt(1), 1, 7, 8, 8);
  t.equal(none.build(null), null);
});

t.test('the offset is kept with the state', async (t) => {
  const stages = new Map<string, Uint8Array>();
  addOutcomesFrom(stages, 61);
  t.equal(outcomesFrom(stages.get(OUTCOMES_STAGE)), 61);
  t.equal(outcomesFrom(undefined), 0);
  t.equal(outcomesFrom(Buffer.from('x')), 0);
});
