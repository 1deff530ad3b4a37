// The module that fits an isolation forest (control path, in a thread of its own).
import { Random } from '../../../stats/random.ts';
import type { Fit, FitRequest, TrainerModule, TrainingRows } from '../../trainer.ts';
import { depthOf, growTree, type Rows } from './grow-tree.ts';
import type { IsolationParams } from './isolation-forest.ts';
import { buildModel } from './model-file.ts';
import { encoded, raritiesOf } from './rarity.ts';
import { scoreLevels } from './score-levels.ts';

/** Trees between looks at the signal. */
const TREES_A_LOOK = 10;

function sampleOf(count: number, size: number, random: Random): Int32Array {
  const rows = Int32Array.from({ length: count }, (_, i) => i);
  const wanted = Math.min(size, count);
  for (let i = 0; i < wanted; i += 1) {
    const at = i + random.nextInt(count - i);
    [rows[i], rows[at]] = [rows[at] as number, rows[i] as number];
  }
  return rows.slice(0, wanted);
}

/** A row without a finite value in any column says nothing, and infinities bound no range: they count as missing. */
function finite({ features, width }: TrainingRows): Rows {
  return { values: features.map((value) => (Number.isFinite(value) ? value : Number.NaN)), width };
}

async function fit({
  rows,
  trainCount,
  features,
  params,
  seed,
  signal,
}: FitRequest<IsolationParams>): Promise<Fit> {
  const random = new Random(seed);
  const rarities = raritiesOf(rows, trainCount, features);
  const values = encoded(finite(rows), rarities);
  const trees = [];
  for (let tree = 0; tree < params.trees; tree += 1) {
    if (tree % TREES_A_LOOK === 0) signal.throwIfAborted();
    trees.push(growTree(values, sampleOf(trainCount, params.rows, random), params.trees, random));
  }
  const depths = new Float64Array(trainCount);
  for (const [at, tree] of trees.entries()) {
    if (at % TREES_A_LOOK === 0) signal.throwIfAborted();
    for (let row = 0; row < trainCount; row += 1)
      depths[row] = (depths[row] as number) + depthOf(tree, values, row);
  }
  const levels = scoreLevels(depths);
  return {
    model: buildModel({ width: rows.width, rarities, trees, levels }),
    summary: `Grown ${trees.length} trees of ${Math.min(params.rows, trainCount)} rows`,
  };
}

const trainer: TrainerModule<IsolationParams> = { fit };

export default trainer;
