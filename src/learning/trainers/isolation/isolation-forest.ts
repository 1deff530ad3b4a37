// The isolation forest as a topology names it (control path). fit.ts is the module that fits it.
import { moduleBeside } from '../../../core/module-url.ts';
import { defineTrainer, type Trainer } from '../../trainer.ts';

export interface IsolationParams {
  /** Trees; 100. */
  readonly trees: number;
  /** Rows that a tree is grown from; 256: more make an anomaly look like its neighbours. */
  readonly rows: number;
}

/** Trees times rows: what a model file of some megabytes holds. */
const NODES_MAX = 200_000;

const define = defineTrainer<IsolationParams>({
  name: 'isolation-forest',
  module: moduleBeside(import.meta.url, './fit'),
  tasks: ['anomaly'],
  defaults: { trees: 100, rows: 256 },
  problems: ({ trees, rows }) => [
    ...(Number.isInteger(trees) && trees >= 1
      ? []
      : [`trees is ${trees}, and a whole number from 1 is needed`]),
    ...(Number.isInteger(rows) && rows >= 2 ? [] : [`rows is ${rows}, and a whole number from 2 is needed`]),
    ...(trees * rows > NODES_MAX ? [`trees times rows is ${trees * rows}, more than ${NODES_MAX}`] : []),
  ],
});

/**
 * Isolation forest (Liu, Ting, Zhou, "Isolation forest", ICDM 2008): random splits isolate a row that is unlike the others after
 * few of them. Its score is the share of the rows it was fitted on that are less anomalous. A missing value goes to a random
 * side of a split, and a category counts by how rare it is.
 *
 * @example retraining: { trainers: [isolationForest({ trees: 200 })] }
 * @throws MillraceError TOPOLOGY_INVALID for a parameter that does not exist or cannot work
 */
export function isolationForest(params: Partial<IsolationParams> = {}): Trainer {
  return define(params);
}
