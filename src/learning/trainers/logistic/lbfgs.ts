// Minimises a smooth convex function of many variables (hot path of training).
// Sources: D. C. Liu, J. Nocedal, "On the limited memory BFGS method for large scale optimization" (Mathematical Programming 45,
// 1989); the line search is the bisection for the weak Wolfe conditions of A. S. Lewis, M. L. Overton, "Nonsmooth optimization via
// quasi-Newton methods" (Mathematical Programming 141, 2013).
import { MillraceError } from '../../../core/errors.ts';
import { nth } from '../../nth.ts';

export interface MinimiseOptions {
  /** A guess of the diagonal of the second derivatives, above 0: it makes variables of different scales alike. */
  readonly curvature: Float64Array;
  /** The largest scaled component of the gradient at which the search ends. */
  readonly tolerance: number;
  readonly iterationsMax: number;
  /** Awaited once an iteration: an abort throws there. */
  readonly breathe: () => Promise<void>;
}

export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  readonly iterations: number;
}

/** Writes the gradient at `point` and returns the value. */
export type Differentiable = (point: Float64Array, gradient: Float64Array) => number;

/** Pairs of steps and changes of the gradient that approximate the second derivatives. */
const MEMORY = 10;
const DECREASE = 1e-4;
const FLATTENING = 0.9;
/** Halvings after which a step is as small as rounding: the search has ended. */
const TRIALS_MAX = 40;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** 1 / (step · change). */
  readonly rho: number;
}

interface Place {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
  readonly value: number;
}

/** @throws TRAINING_FAILED if the function is not finite at the start */
export async function minimise(
  f: Differentiable,
  start: Float64Array,
  { curvature, tolerance, iterationsMax, breathe }: MinimiseOptions,
): Promise<Minimum> {
  let place = placeAt(f, start.slice());
  if (!Number.isFinite(place.value))
    throw new MillraceError('TRAINING_FAILED', 'the loss is not a finite number', {
      remedy: 'Look for infinite values in the features or the labels.',
    });
  const pairs: Pair[] = [];
  let iterations = 0;
  while (iterations < iterationsMax && scaledNorm(place.gradient, curvature) > tolerance) {
    await breathe();
    const next = search(f, place, direction(place.gradient, pairs, curvature));
    if (next === null) break;
    const step = difference(next.point, place.point);
    const change = difference(next.gradient, place.gradient);
    const product = dot(step, change);
    // The Wolfe conditions keep it above 0, but for rounding.
    if (product > 0) pairs.push({ step, change, rho: 1 / product });
    if (pairs.length > MEMORY) pairs.shift();
    place = next;
    iterations += 1;
  }
  return { point: place.point, value: place.value, iterations };
}

function placeAt(f: Differentiable, point: Float64Array): Place {
  const gradient = new Float64Array(point.length);
  return { point, gradient, value: f(point, gradient) };
}

/** The two-loop recursion: minus the approximate inverse of the second derivatives times the gradient. */
function direction(gradient: Float64Array, pairs: readonly Pair[], curvature: Float64Array): Float64Array {
  const way = gradient.map((value) => -value);
  const alphas = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i -= 1) {
    const { step, change, rho } = nth(pairs, i);
    alphas[i] = rho * dot(step, way);
    addTo(way, change, -(alphas[i] as number));
  }
  const newest = pairs.at(-1);
  const scale =
    newest === undefined ? 1 : dot(newest.step, newest.change) / scaledDot(newest.change, curvature);
  for (let i = 0; i < way.length; i += 1) way[i] = (scale * (way[i] as number)) / (curvature[i] as number);
  for (const [i, { step, change, rho }] of pairs.entries())
    addTo(way, step, (alphas[i] as number) - rho * dot(change, way));
  return way;
}

/** A step along `way` after which the value is lower and the slope flatter; null if rounding leaves none. */
function search(f: Differentiable, from: Place, way: Float64Array): Place | null {
  const slope = dot(from.gradient, way);
  if (!(slope < 0)) return null;
  let length = 1;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  for (let trial = 0; trial < TRIALS_MAX; trial += 1) {
    const point = from.point.slice();
    addTo(point, way, length);
    const next = placeAt(f, point);
    // Not `>`: a value that is NaN is too far as well.
    if (!(next.value <= from.value + DECREASE * length * slope)) high = length;
    else if (dot(next.gradient, way) < FLATTENING * slope) low = length;
    else return next;
    length = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
  }
  return null;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function scaledDot(a: Float64Array, curvature: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) ** 2 / (curvature[i] as number);
  return sum;
}

function scaledNorm(gradient: Float64Array, curvature: Float64Array): number {
  let most = 0;
  for (let i = 0; i < gradient.length; i += 1)
    most = Math.max(most, Math.abs(gradient[i] as number) / Math.sqrt(curvature[i] as number));
  return most;
}

function addTo(to: Float64Array, what: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i += 1) to[i] = (to[i] as number) + factor * (what[i] as number);
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] as number));
}
