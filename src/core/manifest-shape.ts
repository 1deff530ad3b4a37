// What a manifest must be made of before anything is read from it (control path). It comes from a topic or a file that
// others may write to.
import { FEATURES_MAX } from './topology-limits.ts';
import {
  type Check,
  featureKind,
  flag,
  instant,
  list,
  number,
  numberOrNull,
  object,
  oneOf,
  record,
  text,
  textOrNull,
  valuesOf,
} from './shape.ts';

const figures: Check = valuesOf(numberOrNull);
/** Plain JSON has null for what is not finite: a column with one is not compared, the others are. */
const numbers: Check = list(numberOrNull);
const column = { edges: numbers, shares: numbers, sample: numbers };

/** In units of the loss, or a share of the opponent's. */
const tolerance: Check = (value) =>
  typeof value === 'object' ? object({ share: number })(value) : number(value);

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
  gate: object({ share: number, confidence: number, tolerance, refit: flag }),
  newestRowMs: number,
  features: list(object({ name: text, kind: featureKind }), FEATURES_MAX),
  environment: valuesOf(text),
  knownCodes: (value) => (value === undefined ? null : valuesOf(list(number))(value)),
  sha256: text,
  seconds: number,
  reference: object({
    rowCount: number,
    features: list(object({ name: text, kind: featureKind, ...column }), FEATURES_MAX),
    score: object(column),
  }),
});

/** They may be absent. */
const gain = object({ mean: number, low: number, high: number });
const optional = { classes: list(text), target: text, label: text, gain };
const rest: Check = (value) => {
  const given = value as Readonly<Record<string, unknown>>; // a manifest is an object
  const there = Object.entries(optional).filter(([name]) => given[name] !== undefined);
  return object(Object.fromEntries(there))(value);
};

/** What keeps a value from being a ModelManifest, as a clause that follows the word `manifest`; null if it is one. */
export function manifestProblem(value: unknown): string | null {
  return manifest(value) ?? rest(value);
}
