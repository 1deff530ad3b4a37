// Boosts trees (hot path of training): each round fits a tree to the gradients that the trees before it leave (Friedman, 2001).
import { setImmediate } from 'node:timers/promises';
import { MillraceError } from '../../../core/errors.ts';
import { Random } from '../../../stats/random.ts';
import type { BinnedRows } from './binned-rows.ts';
import { Gradients } from './gradients.ts';
import { Grower, type Grown, type TreeRules } from './grow.ts';
import type { LabelledRows, Loss } from './losses.ts';
import { renewLeaves } from './renew-leaves.ts';
import type { Tree } from './tree.ts';

/** What a validation loss must be lower by, as a share of the first: separable rows would get trees without end. */
const LOSS_SHARE_MIN = 2e-5;

/** Rounds in a row that found nothing to split, after which none will: each may see other rows and features. */
const IDLE_ROUNDS_MAX = 10;

/** Features of a tree, if there are so many: fewer hide what works together. */
const FEATURES_MIN = 8;

export interface BoostRules extends TreeRules {
  /** Rounds, at most. */
  readonly rounds: number;
  /** Rounds without a lower validation loss after which it ends. */
  readonly patience: number;
  /** Share of the training rows, and of the features, that a tree is fitted to. */
  readonly rowShare: number;
  readonly featureShare: number;
}

export interface BoostRequest {
  readonly binned: BinnedRows;
  readonly labelled: LabelledRows;
  /** Rows [0, trainCount) are fitted; those behind them choose the number of rounds, if there are any. */
  readonly trainCount: number;
  readonly loss: Loss;
  readonly rules: BoostRules;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface Boosted {
  /** What every score begins at, by output; Float32. */
  readonly start: readonly number[];
  /** By round, then by output. */
  readonly trees: ReadonlyArray<readonly Tree[]>;
  /** The lowest mean loss of the validation rows, which the trees are cut to; null without such rows. */
  readonly validationLoss: number | null;
}

/** The same request gives the same trees. @throws MillraceError TRAINING_FAILED when aborted */
export async function boost(request: BoostRequest): Promise<Boosted> {
  const { labelled, trainCount, loss, rules, signal } = request;
  const validates = labelled.rowCount > trainCount;
  const booster = new Booster(request);
  const trees: Tree[][] = [];
  const first = validates ? loss.mean(labelled, trainCount, booster.scores) : Infinity;
  let best = { rounds: 0, loss: first };
  let idle = 0;
  while (trees.length < rules.rounds && idle < IDLE_ROUNDS_MAX) {
    // An abort is a message to this thread.
    await setImmediate();
    if (signal.aborted)
      throw new MillraceError('TRAINING_FAILED', 'training was aborted', { cause: signal.reason });
    const round = booster.round();
    idle = round === null ? idle + 1 : 0;
    if (round === null) continue;
    trees.push(round);
    if (!validates) continue;
    const reached = loss.mean(labelled, trainCount, booster.scores);
    if (reached < best.loss - LOSS_SHARE_MIN * first) best = { rounds: trees.length, loss: reached };
    else if (trees.length - best.rounds >= rules.patience) break;
  }
  return {
    start: booster.start,
    trees: validates ? trees.slice(0, best.rounds) : trees,
    validationLoss: validates ? best.loss : null,
  };
}

class Booster {
  readonly start: readonly number[];
  readonly scores: Float64Array;
  readonly #request: BoostRequest;
  readonly #grower: Grower;
  readonly #gradients: Gradients;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  readonly #random: Random;
  readonly #order: Uint32Array;

  constructor(request: BoostRequest) {
    const { binned, labelled, trainCount, loss, rules, seed } = request;
    this.#request = request;
    this.#gradients = new Gradients(trainCount);
    this.#grower = new Grower(binned, rules, this.#gradients, trainCount);
    this.#first = new Float64Array(trainCount);
    this.#second = new Float64Array(trainCount);
    this.#random = new Random(seed);
    this.#order = new Uint32Array(trainCount);
    this.start = loss.start(labelled, trainCount).map(Math.fround);
    this.scores = new Float64Array(loss.outputs * labelled.rowCount);
    for (const [output, score] of this.start.entries())
      this.scores.fill(score, output * labelled.rowCount, (output + 1) * labelled.rowCount);
  }

  /** A tree of each output; null if there is nothing to split. */
  round(): Tree[] | null {
    const { loss, labelled, trainCount } = this.#request;
    const rows = this.#sampledRows();
    const features = this.#sampledFeatures();
    const grown = Array.from({ length: loss.outputs }, (_, output) => {
      loss.derivatives(labelled, trainCount, this.scores, output, this.#first, this.#second);
      // Each output's tree leaves its own order of the rows.
      const order = loss.outputs === 1 ? rows : rows.slice();
      this.#gradients.set(this.#first, this.#second, order);
      const one = this.#grower.grow(order, features);
      this.#renew(one, order);
      return { ...one, order };
    });
    if (grown.every(({ tree }) => tree.leafCount === 1)) return null;
    for (const [output, { tree, leaves, order }] of grown.entries()) this.#add(tree, leaves, order, output);
    return grown.map(({ tree }) => tree);
  }

  #renew(grown: Grown, order: Uint32Array): void {
    const { loss, labelled, binned, rules } = this.#request;
    if (loss.leafScore === undefined) return;
    const scoreOf = loss.leafScore.bind(loss, labelled, this.scores, order);
    renewLeaves(grown, binned.features, rules.learningRate, scoreOf);
  }

  #add(
    tree: Tree,
    leaves: ReadonlyArray<{ readonly node: number; readonly from: number; readonly to: number }>,
    order: Uint32Array,
    output: number,
  ): void {
    const { binned, trainCount, rules, labelled } = this.#request;
    const at = output * labelled.rowCount;
    // Rows that the tree was not fitted to are not in the order.
    tree.addTo(this.scores, at, binned, rules.rowShare < 1 ? 0 : trainCount, labelled.rowCount);
    if (rules.rowShare < 1) return;
    for (const { node, from, to } of leaves) {
      const value = tree.values[node] as number;
      for (let i = from; i < to; i += 1) {
        const row = at + (order[i] as number);
        this.scores[row] = (this.scores[row] as number) + value;
      }
    }
  }

  #sampledRows(): Uint32Array {
    const { rules, trainCount } = this.#request;
    const order = this.#order;
    if (rules.rowShare >= 1) {
      for (let row = 0; row < trainCount; row += 1) order[row] = row;
      return order;
    }
    const below = rules.rowShare * 2 ** 32;
    let count = 0;
    for (let row = 0; row < trainCount; row += 1) {
      if (this.#random.nextUint32() >= below) continue;
      order[count] = row;
      count += 1;
    }
    return order.subarray(0, count);
  }

  #sampledFeatures(): Int32Array {
    const all = Int32Array.from(this.#request.binned.features.keys());
    const { featureShare } = this.#request.rules;
    if (featureShare >= 1) return all;
    const count = Math.min(all.length, Math.max(FEATURES_MIN, Math.round(featureShare * all.length)));
    for (let i = 0; i < count; i += 1) {
      const j = i + this.#random.nextInt(all.length - i);
      const swapped = all[i] as number;
      all[i] = all[j] as number;
      all[j] = swapped;
    }
    return all.slice(0, count).sort();
  }
}
