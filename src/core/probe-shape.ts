// What the record of a probe must be made of before anything is read from it (control path): it comes from a file.
import { FEATURES_MAX } from './topology-limits.ts';
import type { ProbeReport } from './probe-report.ts';
import {
  type Check,
  featureKind,
  instant,
  list,
  number,
  numberOrNull,
  object,
  oneOf,
  text,
} from './shape.ts';

const names = list(text, FEATURES_MAX);
const moved = object({ rows: number, mean: number, p95: number, max: number });
const attack = object({
  moved,
  targets: number,
  flips: number,
  used: list(object({ features: names, rows: number }), FEATURES_MAX),
});
const input = object({
  features: names,
  kind: featureKind,
  steering: oneOf('event', 'window', 'none'),
  columns: list(text),
  step: numberOrNull,
  low: numberOrNull,
  high: numberOrNull,
  moved,
  flips: number,
  slope: numberOrNull,
  invalid: number,
});

const report: Check = object({
  topology: text,
  version: text,
  sha256: text,
  atMs: instant,
  options: object({
    rows: number,
    newest: number,
    seed: number,
    step: number,
    threshold: number,
    goal: oneOf('lower', 'raise'),
    budget: number,
    columns: list(text),
    output: (value) => (value === undefined ? null : text(value)),
  }),
  scores: object({ mean: number, above: number }),
  inputs: list(input, FEATURES_MAX),
  gradientSign: attack,
  greedy: attack,
});

/** @throws SyntaxError or TypeError for anything but the JSON of a report */
export function parseProbe(json: string): ProbeReport {
  const value: unknown = JSON.parse(json);
  const problem = report(value);
  if (problem !== null) throw new TypeError(`the record of the probe ${problem}`);
  return value as ProbeReport; // just checked
}
