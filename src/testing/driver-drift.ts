// The drift reports of a driven topology (control path): what the learning loop computes at each control boundary.
import type { Batch } from '../core/batch.ts';
import type { DriftReportRow } from '../core/reports.ts';
import { ControlObservations } from '../operators/observations.ts';
import { DriftWatch } from '../runtime/learning/drift-watch.ts';
import { makeDriftReference } from '../stats/drift-reference.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { DecisionSteps } from '../runtime/learning/decision-steps.ts';
import type { Topology } from '../topology/define.ts';

const SEED = 1;

export class DriverDrift {
  readonly reports: DriftReportRow[] = [];
  readonly #topology: Topology;
  readonly #watch: DriftWatch | null;
  readonly #observations: ControlObservations;
  /** Features and scores of all predictions: the training set of the next champion. */
  readonly #features: Float32Array[] = [];
  readonly #scores: Float32Array[] = [];

  constructor(topology: Topology, telemetry: Telemetry) {
    this.#topology = topology;
    const { name, drift, source } = topology;
    this.#observations = new ControlObservations({ topic: source.topic, partition: 0 });
    const steps = new DecisionSteps(name, telemetry);
    this.#watch = drift === undefined ? null : new DriftWatch(topology, drift, steps);
  }

  observe({ predictions, labels }: Batch): void {
    if (this.#watch === null) return;
    if (predictions !== null) {
      this.#observations.addPredictions(predictions);
      this.#features.push(predictions.features);
      this.#scores.push(predictions.scores);
    }
    if (labels !== null) this.#observations.addLabels(labels);
  }

  /** Sets a new champion, whose training set is all predictions so far. */
  follow(version: string): void {
    const scores = joined(this.#scores);
    const specs = this.#topology.features?.features ?? [];
    if (this.#watch === null || scores.length === 0) return;
    const reference = makeDriftReference(
      joined(this.#features),
      scores.length,
      specs.map(({ name }) => name),
      specs.map(({ kind }) => kind),
      scores,
      SEED,
    );
    this.#watch.follow(version, reference);
  }

  boundary(atMs: number): void {
    if (this.#watch === null) return;
    const findings = this.#watch.at({ atMs, observations: [this.#observations.drain(true)] });
    for (const row of findings?.rows ?? []) this.reports.push(row);
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
