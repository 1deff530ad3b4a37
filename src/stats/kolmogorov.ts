// The distribution of Kolmogorov's one-sample statistic (control path), from which the two-sample p-values come.

/** Below this n d^2 the tail is 1 to 14 digits, as exp(-pi^2 / (8 n d^2)) shows, and the matrix would be large. */
const CERTAIN_SQUARED = 0.03;

/**
 * P(D_n >= d) for the two-sided statistic of a sample of n, n a positive integer. Absolute error below 1e-9 against
 * scipy.stats.kstwo.sf, relative error below 1e-9 in the far tail.
 *
 * Source: R. Simard, P. L'Ecuyer, "Computing the two-sided Kolmogorov-Smirnov distribution" (J. Stat. Software 39,
 * 2011), which says where each of the four methods below is the exact or the better one. Where they take Pomeranz's
 * recursion this takes Durbin's matrix: both are exact.
 *
 * @example
 * ```ts
 * kolmogorovTail(1000, 0.043).toFixed(6) // => '0.048111'
 * ```
 */
export function kolmogorovTail(n: number, d: number): number {
  const t = n * d;
  const squared = t * d;
  if (Number.isNaN(d)) return NaN;
  if (t <= 0.5) return 1;
  if (d >= 1) return 0;
  if (t <= 1) return 1 - smallest(n, t);
  if (t >= n - 1) return 2 * (1 - d) ** n;
  if (d >= 0.5) return 2 * oneSidedTail(n, d);
  if (n <= 140) return squared <= 4 ? clip(1 - durbin(n, d)) : clip(2 * oneSidedTail(n, d));
  if (squared >= 370) return 0;
  if (squared >= 2.2) return clip(2 * oneSidedTail(n, d));
  if (squared < CERTAIN_SQUARED) return 1;
  return clip(1 - (n <= 100_000 && n * d ** 1.5 <= 1.4 ? durbin(n, d) : pelzGood(n, d)));
}

function clip(p: number): number {
  return Math.min(1, Math.max(0, p));
}

/** P(D_n < d) where 1/2 < n d <= 1 (Ruben and Gambino): n! / n^n (2 n d - 1)^n. */
function smallest(n: number, t: number): number {
  let log = n * Math.log(2 * t - 1);
  for (let i = 1; i <= n; i += 1) log += Math.log(i / n);
  return Math.exp(log);
}

/** P(D_n+ >= d), the one-sided tail, by the sum of Birnbaum and Tingey (1951): all its terms are positive. */
function oneSidedTail(n: number, d: number): number {
  const last = Math.floor(n * (1 - d));
  let logChoose = 0;
  let sum = 0;
  for (let j = 0; j <= last; j += 1) {
    const at = d + j / n;
    if (at < 1) sum += Math.exp(logChoose + (j - 1) * Math.log(at) + (n - j) * Math.log1p(-at));
    logChoose += Math.log((n - j) / (j + 1));
  }
  return clip(d * sum);
}

/** P(D_n < d) by the matrix of Durbin in the scaling of Marsaglia, Tsang, Wang (J. Stat. Software 8, 2003). */
function durbin(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const size = 2 * k - 1;
  let base: Scaled = { matrix: durbinMatrix(size, k - n * d), exponent: 0 };
  let power: Scaled | null = null;
  for (let bits = n; bits > 0; bits = Math.floor(bits / 2)) {
    if (bits % 2 === 1) power = power === null ? base : multiply(power, base, size);
    if (bits > 1) base = multiply(base, base, size);
  }
  const centre = (k - 1) * size + k - 1;
  let p = power === null ? 1 : (power.matrix[centre] as number);
  let exponent = power === null ? 0 : power.exponent;
  for (let i = 1; i <= n; i += 1) {
    p *= i / n;
    if (p < 2 ** -400) {
      p *= 2 ** 400;
      exponent -= 400;
    }
  }
  return p * 2 ** exponent;
}

interface Scaled {
  readonly matrix: Float64Array;
  /** The true matrix is `matrix` times 2^exponent. */
  readonly exponent: number;
}

/** Entry (i, j) is 1 / (i - j + 1)! on and below the superdiagonal, but for the first column and the last row. */
function durbinMatrix(size: number, h: number): Float64Array {
  const matrix = new Float64Array(size * size);
  const edge = new Float64Array(size);
  let inverseFactorial = 1;
  for (let below = 0; below < size; below += 1) {
    for (let column = 1; column + below - 1 < size; column += 1) {
      matrix[(column + below - 1) * size + column] = inverseFactorial;
    }
    inverseFactorial /= below + 1;
    edge[below] = (1 - h ** (below + 1)) * inverseFactorial;
  }
  edge[size - 1] = (1 - 2 * h ** size + Math.max(0, 2 * h - 1) ** size) * inverseFactorial;
  for (let i = 0; i < size; i += 1) {
    matrix[i * size] = edge[i] as number;
    matrix[(size - 1) * size + i] = edge[size - 1 - i] as number;
  }
  return matrix;
}

function multiply(a: Scaled, b: Scaled, size: number): Scaled {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let k = 0; k < size; k += 1) {
      const factor = a.matrix[i * size + k] as number;
      if (factor === 0) continue;
      for (let j = 0; j < size; j += 1) {
        product[i * size + j] =
          (product[i * size + j] as number) + factor * (b.matrix[k * size + j] as number);
      }
    }
  }
  let exponent = a.exponent + b.exponent;
  const centre = ((size - 1) / 2) * (size + 1);
  if ((product[centre] as number) > 2 ** 400) {
    for (let i = 0; i < product.length; i += 1) product[i] = (product[i] as number) * 2 ** -400;
    exponent += 400;
  }
  return { matrix: product, exponent };
}

/** P(D_n < d) by the asymptotic expansion of W. Pelz, I. J. Good (JRSS B 38, 1976), four terms. */
function pelzGood(n: number, d: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const pi2 = Math.PI ** 2;
  let k0 = 0;
  let k1 = 0;
  let k2 = 0;
  let k3 = 0;
  let k2Extra = 0;
  let k3Extra = 0;
  for (let k = Math.ceil((16 * z) / Math.PI); k > 0; k -= 1) {
    const odd = (2 * k - 1) ** 2;
    const weight = Math.exp((-pi2 * odd) / (8 * z2));
    k0 += weight;
    k1 += weight * (-z2 + (pi2 / 4) * odd);
    k2 +=
      weight *
      (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * (pi2 / 4) * odd + (1 - 2 * z2) * ((pi2 * odd) ** 2 / 16));
    k3 +=
      weight *
      (-30 * z6 -
        90 * z4 * z4 +
        (135 * z4 - 96 * z6) * (pi2 / 4) * odd +
        (212 * z4 - 60 * z2) * ((pi2 * odd) ** 2 / 16) +
        (5 - 30 * z2) * ((pi2 * odd) ** 3 / 64));
    const square = k * k;
    const whole = square * Math.exp((-pi2 * square) / (2 * z2));
    k2Extra += whole;
    k3Extra += whole * (3 * z2 - pi2 * square);
  }
  const root = Math.sqrt(2 * Math.PI);
  const term2 = k2 / (72 * z6 * z) - (k2Extra * pi2) / (36 * z2 * z);
  const term3 = k3 / (6480 * z6 * z4) + (k3Extra * pi2) / (216 * z6);
  return root * (k0 / z + k1 / (6 * z4 * Math.sqrt(n)) + term2 / n + term3 / n ** 1.5);
}
