// River's synthetic streams by their published definitions (control path), row by row those of River with the same seed.
import { PythonRandom } from './python-random.ts';

export interface Sample {
  readonly x: readonly number[];
  readonly y: number;
}

export type Stream = Generator<Sample, never, void>;

const STAGGER_CONCEPTS: ReadonlyArray<(size: number, color: number, shape: number) => boolean> = [
  (size, color) => size === 0 && color === 0,
  (_size, color, shape) => color === 2 || shape === 0,
  (size) => size !== 0,
];

/** Source: J. C. Schlimmer, R. H. Granger, "Incremental learning from noisy data" (Machine Learning 1, 1986). */
export function* stagger(concept: number, seed: number): Stream {
  const random = new PythonRandom(seed);
  for (;;) {
    const x = [random.randint(0, 2), random.randint(0, 2), random.randint(0, 2)] as const;
    yield { x, y: Number(STAGGER_CONCEPTS[concept]?.(...x)) };
  }
}

const LED_SEGMENTS = [
  '1110111',
  '0010010',
  '1011101',
  '1011011',
  '0111010',
  '1101011',
  '1101111',
  '1010010',
  '1111111',
  '1111011',
].map((bits) => Array.from(bits, Number));
const LED_RELEVANT = 7;
const LED_WIDTH = 24;
const LED_IRRELEVANT = LED_WIDTH - LED_RELEVANT;

/**
 * The digit of a seven-segment display whose segments fail, among 17 irrelevant ones; `swapped` relevant features have changed
 * places with irrelevant ones. Positive are the digits from 5.
 *
 * Source: L. Breiman and others, "Classification and Regression Trees" (1984).
 */
export function* led(noise: number, swapped: number, seed: number): Stream {
  const random = new PythonRandom(seed);
  const place = Array.from({ length: LED_WIDTH }, (_, i) => i);
  const first = swapped > 0 ? random.randint(0, LED_RELEVANT - 1) : 0;
  const offset = swapped > 0 ? random.randint(0, LED_IRRELEVANT - 1) : 0;
  for (let i = 0; i < swapped; i += 1) {
    const relevant = (i + first) % LED_RELEVANT;
    const irrelevant = LED_RELEVANT + ((i + offset) % LED_IRRELEVANT);
    place[relevant] = irrelevant;
    place[irrelevant] = relevant;
  }
  for (;;) {
    const x = Array.from({ length: LED_WIDTH }, () => -1);
    const digit = random.randint(0, 9);
    for (let i = 0; i < LED_RELEVANT; i += 1) {
      const fails = 0.01 + random.random() <= noise;
      x[place[i] as number] = (LED_SEGMENTS[digit]?.[i] as number) ^ Number(fails);
    }
    for (let i = LED_RELEVANT; i < LED_WIDTH; i += 1) x[place[i] as number] = random.randint(0, 1);
    yield { x, y: Number(digit >= 5) };
  }
}

export interface HyperplaneOptions {
  readonly features: number;
  readonly drifting: number;
  readonly change: number;
  readonly noise: number;
  readonly sigma: number;
}

/** Source: G. Hulten, L. Spencer, P. Domingos, "Mining time-changing data streams" (KDD 2001). */
export function* hyperplane(options: HyperplaneOptions, seed: number): Stream {
  const { features, drifting, change, noise, sigma } = options;
  const random = new PythonRandom(seed);
  const weights = Array.from({ length: features }, () => random.random());
  const direction = Array.from({ length: drifting }, () => 1);
  for (;;) {
    let total = 0;
    for (const weight of weights) total += weight;
    let value = 0;
    const x = weights.map((weight) => {
      const drawn = random.random();
      value += weight * drawn;
      return drawn;
    });
    const y = Number(value >= total * 0.5);
    const flips = 0.01 + random.random() <= noise;
    for (let i = 0; i < drifting; i += 1) {
      weights[i] = (weights[i] as number) + (direction[i] as number) * change;
      if (0.01 + random.random() <= sigma) direction[i] = -(direction[i] as number);
    }
    yield { x, y: flips ? 1 - y : y };
  }
}

interface Centroid {
  readonly centre: number[];
  readonly speed: number[];
  readonly label: number;
  readonly deviation: number;
  readonly weight: number;
}

function centroidsOf(count: number, features: number, seed: number): Centroid[] {
  const random = new PythonRandom(seed);
  const still = Array.from({ length: count }, () => ({
    centre: Array.from({ length: features }, () => random.random()),
    label: random.randint(0, 1),
    deviation: random.random(),
    weight: random.random(),
  }));
  const again = new PythonRandom(seed); // speeds are drawn by a generator of the same seed
  return still.map((centroid) => {
    const drawn = Array.from({ length: features }, () => again.random());
    let squares = 0;
    for (const each of drawn) squares += each * each;
    return { ...centroid, speed: drawn.map((each) => each / Math.sqrt(squares)) };
  });
}

/** Centroids of two classes in the unit cube, which move. Source: the generator RandomRBFDrift of MOA and River. */
export function* randomRbf(centroidCount: number, features: number, speed: number, seed: number): Stream {
  const centroids = centroidsOf(centroidCount, features, seed);
  let total = 0;
  for (const { weight } of centroids) total += weight;
  const random = new PythonRandom(seed);
  for (;;) {
    for (const centroid of centroids) moveCentroid(centroid, speed);
    const drawn = random.random() * total;
    let chosen = 0;
    for (let sum = 0; sum <= drawn && chosen < centroids.length; chosen += 1)
      sum += (centroids[chosen] as Centroid).weight;
    const { centre, label, deviation } = centroids[chosen - 1] as Centroid;
    let squares = 0;
    const towards = centre.map(() => {
      const each = random.random() * 2 - 1;
      squares += each * each;
      return each;
    });
    const scale = (random.gauss() * deviation) / Math.sqrt(squares);
    yield { x: centre.map((each, i) => each + (towards[i] as number) * scale), y: label };
  }
}

function moveCentroid({ centre, speed: direction }: Centroid, speed: number): void {
  for (let i = 0; i < centre.length; i += 1) {
    const moved = (centre[i] as number) + (direction[i] as number) * speed;
    centre[i] = Math.min(1, Math.max(0, moved));
    if (moved > 1 || moved < 0) direction[i] = -(direction[i] as number);
  }
}

/** Source: W. N. Street, Y. Kim, "A streaming ensemble algorithm (SEA)" (KDD 2001). */
export function* sea(threshold: number, noise: number, seed: number): Stream {
  const random = new PythonRandom(seed);
  for (;;) {
    const x = [random.random() * 10, random.random() * 10, random.random() * 10];
    const y = Number((x[0] as number) + (x[1] as number) > threshold);
    yield { x, y: random.random() < noise ? 1 - y : y };
  }
}

/** Source: J. Gama and others, "Learning with drift detection" (SBIA 2004). */
export function* mixed(concept: number, seed: number): Stream {
  const random = new PythonRandom(seed);
  for (;;) {
    const v = random.random() >= 0.5;
    const w = random.random() >= 0.5;
    const [a, b] = [random.random(), random.random()];
    const z = b < 0.5 + 0.3 * Math.sin(3 * Math.PI * a);
    const isInside = (v && w) || (v && z) || (w && z);
    yield { x: [Number(v), Number(w), a, b], y: Number(isInside === (concept === 1)) };
  }
}

/** A logistic model of independent normal features: the only stream here that is not one of River's. */
export function* logistic(features: number, intercept: number, seed: number): Stream {
  const random = new PythonRandom(seed);
  const weights = Array.from({ length: features }, () => random.gauss());
  for (;;) {
    let logit = intercept;
    const x = weights.map((weight) => {
      const drawn = random.gauss();
      logit += weight * drawn;
      return drawn;
    });
    yield { x, y: Number(random.random() < 1 / (1 + Math.exp(-logit))) };
  }
}

function friedmanValue(x: readonly number[], places: readonly number[]): number {
  const [a, b, c, d, e] = places.map((place) => x[place] as number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e;
}

/** Friedman's function of features of other names in the second of three spans, in the third as in the first: FriedmanDrift `gra` of River. */
export function friedmanRecurring(changes: readonly [number, number], seed: number): Stream {
  const [from, to] = changes;
  return friedman(seed, (x, row) =>
    friedmanValue(x, row >= from && row < to ? [3, 5, 1, 0, 2] : [0, 1, 2, 3, 4]),
  );
}

/**
 * Ten features of which five matter, and normal noise.
 *
 * Sources: J. H. Friedman, "Multivariate adaptive regression splines" (1991); E. Ikonomovska, J. Gama, S. Dzeroski, "Learning model
 * trees from evolving data streams" (2011).
 */
function* friedman(seed: number, of: (x: readonly number[], row: number) => number): Stream {
  const random = new PythonRandom(seed);
  for (let row = 0; ; row += 1) {
    const x = Array.from({ length: 10 }, () => random.random());
    yield { x, y: of(x, row) + random.gauss() };
  }
}
