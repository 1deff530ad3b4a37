// Parameters of gradient boosting (control path).
import { shown } from '../../../core/option-checks.ts';

export interface GbdtParams {
  /** Most trees of an output: early stopping keeps the best number of them. */
  readonly rounds: number;
  /** What each tree adds of its score. */
  readonly learningRate: number;
  /** Trees in a row without a lower validation loss after which a fit ends. */
  readonly patience: number;
  /** Leaves of a tree: the one whose split gains most is split next. */
  readonly leavesMax: number;
  /** Splits from the root to a leaf, at most; null for any number. */
  readonly depthMax: number | null;
  /** Training rows of a leaf, at least. */
  readonly leafRowsMin: number;
  /** Sum of a leaf's second derivatives, at least. */
  readonly leafWeightMin: number;
  /** L2 penalty of the leaves' scores. */
  readonly l2: number;
  /** Bins of a numeric feature, at most 255. */
  readonly binsMax: number;
  /** Share of the training rows, drawn for each round, that its trees are fitted to. */
  readonly rowShare: number;
  /** Share of the features that a tree may split by; of few features, all up to eight. */
  readonly featureShare: number;
  /** Categories seen fewer times count as missing. */
  readonly categoryCountMin: number;
  /** Rows of the mean target that each category's own is smoothed by. */
  readonly categorySmoothing: number;
  /** Numeric features as which the score must only rise or only fall: `{ amount: 'rising' }`. */
  readonly monotone: Readonly<Record<string, 'rising' | 'falling'>>;
}

/** For some hundred to some million rows. */
export const gbdtDefaults: GbdtParams = {
  rounds: 1_000,
  learningRate: 0.05,
  patience: 50,
  leavesMax: 31,
  depthMax: null,
  leafRowsMin: 20,
  leafWeightMin: 1e-3,
  l2: 1,
  binsMax: 255,
  rowShare: 0.5,
  featureShare: 0.5,
  categoryCountMin: 20,
  categorySmoothing: 20,
  monotone: {},
};

const COUNTS = ['rounds', 'patience', 'leafRowsMin', 'categoryCountMin'] as const;
const SHARES = ['rowShare', 'featureShare', 'learningRate'] as const;
const AT_LEAST_0 = ['leafWeightMin', 'l2', 'categorySmoothing'] as const;

/** Clauses about parameters that cannot work. */
export function gbdtProblems(params: GbdtParams): string[] {
  const { leavesMax, depthMax, binsMax, monotone } = params;
  const isWhole = (value: unknown, low: number, high = Infinity): boolean =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
  const problems: string[] = [];
  for (const name of COUNTS)
    if (!isWhole(params[name], 1)) problems.push(`${name} is ${params[name]}, not an integer of at least 1`);
  for (const name of SHARES)
    if (!(params[name] > 0 && params[name] <= 1))
      problems.push(`${name} is ${params[name]}, not above 0 and at most 1`);
  for (const name of AT_LEAST_0)
    if (!(typeof params[name] === 'number' && params[name] >= 0))
      problems.push(`${name} is ${params[name]}, not at least 0`);
  if (!isWhole(leavesMax, 2)) problems.push(`leavesMax is ${leavesMax}, not an integer of at least 2`);
  if (depthMax !== null && !isWhole(depthMax, 1))
    problems.push(`depthMax is ${depthMax}, not null or an integer of at least 1`);
  if (!isWhole(binsMax, 2, 255)) problems.push(`binsMax is ${binsMax}, not an integer from 2 to 255`);
  for (const [name, way] of Object.entries(monotone ?? {}))
    if (!['rising', 'falling'].includes(way))
      problems.push(`monotone of '${name}' is ${shown(way)}, not 'rising' or 'falling'`);
  return problems;
}
