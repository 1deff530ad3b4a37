// Arithmetic of columns (hot path). Null with anything is null, and so is what has no value: a division by zero, the
// logarithm of a number that is not positive. Infinities follow IEEE 754.
import { binOf } from '../../core/bins.ts';
import type { Expression } from '../../core/expression.ts';
import { shown } from '../../core/option-checks.ts';
import {
  callText,
  numberOperand,
  numericRows,
  type NumberOperand,
  type NumberReads,
  type Operand,
} from './operands.ts';
import type { AnyFunction } from './row-function.ts';

type Binary = (a: number, b: number) => number;

/**
 * A number computed from numbers.
 * @param call takes as many numbers as there are operands
 */
export function numbersOf<A extends NumberOperand>(
  name: string,
  given: readonly A[],
  call: (...values: number[]) => number,
): Expression<NumberReads<A>, 'number'> {
  const operands = given.map((one) => numberOperand(one));
  return numericRows('number', { operands, call: call as AnyFunction, text: callText(name, operands) });
}

/** From the left: `f(f(a, b), c)`. */
function folded<A extends NumberOperand>(
  name: string,
  given: readonly A[],
  call: Binary,
): Expression<NumberReads<A>, 'number'> {
  const operands = given.map((one) => numberOperand(one));
  const text = callText(name, operands);
  const problems = given.length < 2 ? [`${name} takes two operands or more`] : [];
  const [first = numberOperand(Number.MAX_VALUE), ...others] = operands;
  const rest = others.length === 0 ? [first] : others;
  return rest.reduce<Operand>((left, right, i) => {
    const isLast = i === rest.length - 1;
    const expression = numericRows('number', {
      operands: [left, right],
      call: call as AnyFunction, // both operands are numbers
      text: isLast ? text : callText(name, [left, right]),
      problems: isLast ? problems : [],
    });
    return { expression, problem: null };
  }, first).expression as Expression<NumberReads<A>, 'number'>; // its reads are those of the operands
}

/** The sum. */
export function add<const A extends readonly NumberOperand[]>(
  ...operands: A
): Expression<NumberReads<A[number]>, 'number'> {
  return folded<A[number]>('add', operands, (a, b) => a + b);
}

/** `a - b`. */
export function subtract<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'number'> {
  return numbersOf<A | B>('subtract', [a, b], (x, y) => x - y);
}

/** The product. */
export function multiply<const A extends readonly NumberOperand[]>(
  ...operands: A
): Expression<NumberReads<A[number]>, 'number'> {
  return folded<A[number]>('multiply', operands, (a, b) => a * b);
}

/**
 * `a / b`; null if `b` is 0.
 * @example divide('amount', 'limit')
 */
export function divide<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'number'> {
  return numbersOf<A | B>('divide', [a, b], (x, y) => (y === 0 ? Number.NaN : x / y));
}

/** The remainder of `a / b` with the sign of `b`, so that it is in [0, b) for a positive `b`; null if `b` is 0. */
export function modulo<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'number'> {
  return numbersOf<A | B>('modulo', [a, b], (x, y) => {
    const rest = x % y;
    return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
  });
}

/** `a` to the power of `b`; null if that is no real number. */
export function power<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'number'> {
  return numbersOf<A | B>('power', [a, b], (x, y) => {
    if (Number.isNaN(x) || (x === 0 && y < 0)) return Number.NaN;
    return x ** y;
  });
}

/** The absolute value. */
export function abs<const A extends NumberOperand>(a: A): Expression<NumberReads<A>, 'number'> {
  return numbersOf('abs', [a], (x) => Math.abs(x));
}

/** The natural logarithm; null if `a` is not positive. */
export function log<const A extends NumberOperand>(a: A): Expression<NumberReads<A>, 'number'> {
  return numbersOf('log', [a], (x) => (x > 0 ? Math.log(x) : Number.NaN));
}

/** The natural logarithm of 1 + `a`, exact near 0; null if `a` is not above -1. */
export function log1p<const A extends NumberOperand>(a: A): Expression<NumberReads<A>, 'number'> {
  return numbersOf('log1p', [a], (x) => (x > -1 ? Math.log1p(x) : Number.NaN));
}

/** e to the power of `a`. */
export function exp<const A extends NumberOperand>(a: A): Expression<NumberReads<A>, 'number'> {
  return numbersOf('exp', [a], (x) => Math.exp(x));
}

/** The square root; null if `a` is negative. */
export function sqrt<const A extends NumberOperand>(a: A): Expression<NumberReads<A>, 'number'> {
  return numbersOf('sqrt', [a], (x) => Math.sqrt(x));
}

/** The largest whole number that is not above `a`. */
export function floor<const A extends NumberOperand>(a: A): Expression<NumberReads<A>, 'number'> {
  return numbersOf('floor', [a], (x) => Math.floor(x));
}

/** The smallest whole number that is not below `a`. */
export function ceil<const A extends NumberOperand>(a: A): Expression<NumberReads<A>, 'number'> {
  return numbersOf('ceil', [a], (x) => Math.ceil(x));
}

/** The nearest whole number; a half goes up. */
export function round<const A extends NumberOperand>(a: A): Expression<NumberReads<A>, 'number'> {
  return numbersOf('round', [a], (x) => Math.round(x));
}

/** The least of the operands; null if one is. */
export function least<const A extends readonly NumberOperand[]>(
  ...operands: A
): Expression<NumberReads<A[number]>, 'number'> {
  return folded<A[number]>('least', operands, (a, b) => Math.min(a, b));
}

/** The greatest of the operands; null if one is. */
export function greatest<const A extends readonly NumberOperand[]>(
  ...operands: A
): Expression<NumberReads<A[number]>, 'number'> {
  return folded<A[number]>('greatest', operands, (a, b) => Math.max(a, b));
}

/**
 * How many standard deviations a value is from a mean: `(value - mean) / std`; null if the deviation is 0.
 * @example derived: { unusual: zScore('amount', 'card.mean_7d', 'card.std_7d') }
 */
export function zScore<
  const A extends NumberOperand,
  const B extends NumberOperand,
  const C extends NumberOperand,
>(value: A, mean: B, std: C): Expression<NumberReads<A | B | C>, 'number'> {
  return numbersOf<A | B | C>('zScore', [value, mean, std], (x, m, s) =>
    s === 0 ? Number.NaN : (x - m) / s,
  );
}

/**
 * The number of the bin that a value is in: how many of the edges are not above it, as `numpy.digitize` counts. Below the
 * first edge it is 0.
 * @param edges ascending
 * @example bins('amount', [10, 100, 1000]) // 10 is in bin 1
 */
export function bins<const A extends NumberOperand>(
  value: A,
  edges: readonly number[],
): Expression<NumberReads<A>, 'number'> {
  const operands = [numberOperand(value)];
  const isList = Array.isArray(edges) && edges.length > 0;
  const isAscending =
    isList && edges.every((edge, i) => edge > (i === 0 ? -Infinity : (edges[i - 1] as number)));
  const sorted = Float64Array.from(isAscending ? edges : []);
  return numericRows('number', {
    operands,
    call: ((x: number) => binOf(sorted, x)) as AnyFunction, // it takes one number
    text: callText('bins', operands, [edges]),
    problems: isAscending ? [] : [`bins takes a list of ascending edges, not ${shown(edges)}`],
  });
}

/** Mean radius of the Earth, km: R1 of the IUGG, (2a + b) / 3 of the GRS 80 ellipsoid (Moritz, 2000). */
export const EARTH_RADIUS_KM = 6371.0088;

/**
 * The great-circle distance of two points on the Earth, km, by the haversine formula (Sinnott, 1984). The Earth is taken as
 * a sphere: it is off by at most 0.5 %. Null if a latitude is beyond the poles.
 * @param latitude1 degrees, as the others
 * @example haversine('lat1', 'lon1', 'lat2', 'lon2')
 */
export function haversine<
  const A extends NumberOperand,
  const B extends NumberOperand,
  const C extends NumberOperand,
  const D extends NumberOperand,
>(
  latitude1: A,
  longitude1: B,
  latitude2: C,
  longitude2: D,
): Expression<NumberReads<A | B | C | D>, 'number'> {
  return numbersOf<A | B | C | D>(
    'haversine',
    [latitude1, longitude1, latitude2, longitude2],
    (lat1, lon1, lat2, lon2) => {
      if (!(Math.abs(lat1) <= 90 && Math.abs(lat2) <= 90)) return Number.NaN;
      const vertical = Math.sin(((lat2 - lat1) * Math.PI) / 360);
      const horizontal = Math.sin(((lon2 - lon1) * Math.PI) / 360);
      const latitudes = Math.cos((lat1 * Math.PI) / 180) * Math.cos((lat2 * Math.PI) / 180);
      const chord = vertical * vertical + latitudes * horizontal * horizontal;
      return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, chord)));
    },
  );
}
