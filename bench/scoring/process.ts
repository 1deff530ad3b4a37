// Times one execution provider (control path), in a process of its own: runs of a scorer as the score stage makes them.
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import type { Provider } from '../../src/adapters/onnx/session.ts';
import type { Scorer } from '../../src/ports/scorer.ts';
import { Random } from '../../src/stats/random.ts';
import { argument, tellParent } from '../child.ts';
import { spreadOf, type Spread } from '../figures.ts';
import { network, shapeName, type Shape } from './model.ts';

export interface ScoringRequest {
  readonly provider: Provider;
  readonly shapes: readonly Shape[];
  /** Rows of a batch. */
  readonly rows: readonly number[];
}

export interface ScoringFigure {
  readonly provider: Provider;
  readonly model: string;
  readonly rows: number;
  /** Of a run, from the call to its scores. */
  readonly ms: Spread;
  /** Largest distance to the processor's score of the same row. */
  readonly error: number;
}

export type ScoringAnswer =
  | { readonly kind: 'figures'; readonly figures: readonly ScoringFigure[] }
  | { readonly kind: 'refused'; readonly why: string };

const tell: (message: ScoringAnswer) => void = tellParent;

const WARM_UP_RUNS = 5;
const RUNS_MIN = 10;
const MEASURE_MS = 1_000;
/** A model of a second a run is measured all the same. */
const TIMEOUT_MS = 60_000;

async function timesOf(scorer: Scorer, features: Float32Array, into: Float32Array): Promise<number[]> {
  for (let i = 0; i < WARM_UP_RUNS; i++) await scorer.run(features, into.length, into);
  const times: number[] = [];
  const untilMs = performance.now() + MEASURE_MS;
  while (times.length < RUNS_MIN || performance.now() < untilMs) {
    const begunMs = performance.now();
    await scorer.run(features, into.length, into);
    times.push(performance.now() - begunMs);
  }
  return times;
}

function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

const { provider, shapes, rows } = argument() as ScoringRequest;
const scorers = await OnnxScorers.open({ providers: [provider], timeoutMs: TIMEOUT_MS });
if (scorers.report.inUse !== provider) {
  tell({ kind: 'refused', why: scorers.report.refused[0]?.why ?? 'unknown' });
  process.exit(0);
}
const processor = await OnnxScorers.open({ providers: ['cpu'], timeoutMs: TIMEOUT_MS });
const figures: ScoringFigure[] = [];
for (const shape of shapes) {
  const model = network(shape);
  const scorer = await scorers.load('measured', model, shape.inputs);
  const right = await processor.load('right', model, shape.inputs);
  for (const count of rows) {
    const random = new Random(count);
    const features = Float32Array.from({ length: count * shape.inputs }, () => 2 * random.nextDouble() - 1);
    const into = new Float32Array(count);
    const ms = spreadOf(await timesOf(scorer, features, into));
    const expected = new Float32Array(count);
    await right.run(features, count, expected);
    figures.push({ provider, model: shapeName(shape), rows: count, ms, error: distance(into, expected) });
  }
  await scorer.close();
  await right.close();
}
tell({ kind: 'figures', figures });
// A GPU's library may hang as it is unloaded.
process.exit(0);
