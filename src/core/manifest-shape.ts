// What a manifest must be made of before anything is read from it (control path). It comes from a topic or a file that
// others may write to.
import { FEATURES_MAX } from './limits.ts';
import { isInstant } from './time.ts';

/** What is wrong with a value, as a clause; null if nothing is. */
type Check = (value: unknown) => string | null;

const text: Check = (value) => (typeof value === 'string' ? null : 'is no text');
const textOrNull: Check = (value) => (value === null ? null : text(value));
const number: Check = (value) => (typeof value === 'number' ? null : 'is no number');
const instant: Check = (value) => (typeof value === 'number' && isInstant(value) ? null : 'is no instant');
const flag: Check = (value) => (typeof value === 'boolean' ? null : 'is neither true nor false');
const record: Check = (value) => (isObject(value) ? null : 'is no object');

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function oneOf(...names: readonly string[]): Check {
  return (value) =>
    typeof value === 'string' && names.includes(value) ? null : `is none of ${names.join()}`;
}

function object(fields: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (!isObject(value)) return 'is no object';
    for (const [name, check] of Object.entries(fields)) {
      const problem = check(value[name]);
      if (problem !== null) return `has a field '${name}' that ${problem}`;
    }
    return null;
  };
}

function list(item: Check, lengthMax = Number.POSITIVE_INFINITY): Check {
  return (value) => {
    if (!Array.isArray(value)) return 'is no list';
    if (value.length > lengthMax) return `has ${value.length} items`;
    for (const one of value) if (item(one) !== null) return `has an item that ${item(one)}`;
    return null;
  };
}

function valuesOf(check: Check): Check {
  return (value) => (isObject(value) ? list(check)(Object.values(value)) : 'is no object');
}

const numberOrNull: Check = (value) => (value === null ? null : number(value));
const figures: Check = valuesOf(numberOrNull);
/** Plain JSON has null for what is not finite: a column with one is not compared, the others are. */
const numbers: Check = list(numberOrNull);
const kind = oneOf('numeric', 'categorical');
const column = { edges: numbers, shares: numbers, sample: numbers };

const manifest: Check = object({
  topology: text,
  version: text,
  status: oneOf('candidate', 'champion', 'retired', 'rejected'),
  parent: textOrNull,
  createdMs: instant,
  trainedAtMs: instant,
  reason: text,
  why: text,
  interval: object({ fromMs: number, toMs: number }),
  rows: object({ train: number, validation: number, gate: number }),
  metrics: object({ candidate: figures, champion: (value) => (value === null ? null : figures(value)) }),
  task: text,
  trainer: object({ name: text, params: record }),
  gate: object({ share: number, confidence: number, tolerance: number, refit: flag }),
  newestRowMs: number,
  features: list(object({ name: text, kind }), FEATURES_MAX),
  environment: valuesOf(text),
  sha256: text,
  seconds: number,
  reference: object({
    rowCount: number,
    features: list(object({ name: text, kind, ...column }), FEATURES_MAX),
    score: object(column),
  }),
});

/** What keeps a value from being a ModelManifest, as a clause that follows the word `manifest`; null if it is one. */
export function manifestProblem(value: unknown): string | null {
  return manifest(value);
}
