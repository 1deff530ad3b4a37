// The streams of the learning bench (control path): generators one after another, a change of concept where one follows another.
import { MS_PER_HOUR } from '../../src/core/time.ts';
import type { Topology } from '../../src/topology/define.ts';
import { shipped } from './data-sets.ts';
import {
  friedmanRecurring,
  hyperplane,
  led,
  logistic,
  mixed,
  randomRbf,
  sea,
  stagger,
  type Stream,
} from './generators.ts';

/** What the bench learns from. */
export interface LearningStream {
  readonly name: string;
  /** Of its labels; binary if absent. */
  readonly task?: 'regression';
  /** Rows at which the concept changes at once; none where it moves all the time, or never. */
  readonly changes: readonly number[];
  topology(): Topology;
  rows(): Promise<StreamRows>;
}

/** A stream that is generated. */
export interface StreamSpec extends Pick<LearningStream, 'name' | 'task' | 'changes'> {
  readonly rows: number;
  readonly features: number;
  readonly kind: 'numeric' | 'categorical';
  /** The generator that begins at row 0, and those that begin at each change. */
  open(): readonly Stream[];
  /** A feature whose unit changes, by this factor, at the first row behind `changes`. */
  readonly rescaled?: number;
}

const still = { features: 10, drifting: 0, change: 0, noise: 0.05, sigma: 0 };

/** A generator that makes the changes itself. */
function sameThroughout(stream: Stream, spans: number): Stream[] {
  return Array.from({ length: spans }, () => stream);
}

export const STREAMS: readonly StreamSpec[] = [
  {
    name: 'stagger',
    rows: 20_000,
    features: 3,
    kind: 'categorical',
    changes: [5_000, 10_000, 15_000],
    open: () => [stagger(0, 1), stagger(1, 2), stagger(2, 3), stagger(0, 4)],
  },
  {
    name: 'led',
    rows: 20_000,
    features: 24,
    kind: 'numeric',
    changes: [7_000, 14_000],
    open: () => [led(0.1, 0, 1), led(0.1, 4, 2), led(0.1, 7, 3)],
  },
  {
    name: 'hyperplane',
    rows: 20_000,
    features: 10,
    kind: 'numeric',
    changes: [],
    open: () => [hyperplane({ ...still, drifting: 5, change: 0.001, sigma: 0.1 }, 1)],
  },
  {
    name: 'rbf',
    rows: 20_000,
    features: 10,
    kind: 'numeric',
    changes: [],
    open: () => [randomRbf(50, 10, 0.0001, 1)],
  },
  {
    name: 'sudden',
    rows: 20_000,
    features: 10,
    kind: 'numeric',
    changes: [10_000],
    open: () => [hyperplane(still, 11), hyperplane(still, 12)],
  },
  {
    name: 'mixed',
    rows: 20_000,
    features: 4,
    kind: 'numeric',
    changes: [6_000, 12_000],
    open: () => [mixed(0, 1), mixed(1, 2), mixed(0, 3)],
  },
  {
    name: 'sea',
    rows: 20_000,
    features: 3,
    kind: 'numeric',
    changes: [5_000, 10_000, 15_000],
    open: () => [sea(8, 0.1, 1), sea(9, 0.1, 2), sea(7, 0.1, 3), sea(9.5, 0.1, 4)],
  },
  {
    name: 'unit',
    rows: 20_000,
    features: 10,
    kind: 'numeric',
    changes: [10_000],
    open: () => [hyperplane(still, 21), hyperplane(still, 21)],
    rescaled: 1_000,
  },
  {
    name: 'rare',
    rows: 30_000,
    features: 10,
    kind: 'numeric',
    changes: [],
    open: () => [logistic(10, -8.2, 1)],
  },
  {
    name: 'small',
    rows: 2_000,
    features: 10,
    kind: 'numeric',
    changes: [],
    open: () => [hyperplane(still, 31)],
  },
  {
    name: 'bananas',
    rows: 5_300,
    features: 2,
    kind: 'numeric',
    changes: [],
    open: () => [shipped('bananas')],
  },
  {
    name: 'phishing',
    rows: 1_250,
    features: 9,
    kind: 'numeric',
    changes: [],
    open: () => [shipped('phishing')],
  },
  {
    name: 'friedman',
    rows: 20_000,
    features: 10,
    kind: 'numeric',
    task: 'regression',
    changes: [7_000, 14_000],
    open: () => sameThroughout(friedmanRecurring([7_000, 14_000], 1), 3),
  },
];

export interface StreamRows {
  /** Row-major. */
  readonly features: Float32Array;
  /** NaN for a row that never gets one. */
  readonly labels: Float32Array;
  /** Event time, ascending, ms. */
  readonly timeMs: Float64Array;
  /** Event time at which the label is known, ms; infinite for one that never is. */
  readonly labelMs: Float64Array;
}

/** Event time between two rows, ms. */
const ROW_MS = 300_000;

export function rowsOf(spec: StreamSpec): StreamRows {
  const { rows, features: width, changes, rescaled = 1 } = spec;
  const features = new Float32Array(rows * width);
  const labels = new Float32Array(rows);
  const streams = spec.open();
  for (let row = 0; row < rows; row += 1) {
    const segment = changes.filter((change) => change <= row).length;
    const { x, y } = (streams[segment] as Stream).next().value;
    features.set(x, row * width);
    if (segment > 0) features[row * width] = (features[row * width] as number) * rescaled;
    labels[row] = y;
  }
  const timeMs = Float64Array.from(labels, (_, row) => row * ROW_MS);
  return { features, labels, timeMs, labelMs: timeMs.map((time) => time + MS_PER_HOUR) };
}
