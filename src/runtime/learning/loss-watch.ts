// The drift detectors over the losses of one champion (control path; one update of each detector per label).
import type { PartitionObservations } from '../../operators/observations.ts';
import type { DetectorInstance, DetectorReport, DriftDetector } from '../../stats/drift-detector.ts';
import type { DecisionSteps } from './decision-steps.ts';
import { isUsable } from './usable-label.ts';
import type { Task } from '../../tasks/task.ts';

export interface DetectorFinding {
  readonly detector: string;
  readonly report: DetectorReport;
  /** Whether it raised an alarm since the previous boundary. */
  readonly drifted: boolean;
}

export interface LossFindings {
  /** Usable labels since the previous boundary. */
  readonly n: number;
  /** Empty without a label. */
  readonly detectors: readonly DetectorFinding[];
}

interface Watching {
  readonly detector: DriftDetector;
  /** Null once it cannot even be opened. */
  instance: DetectorInstance | null;
}

export class LossWatch {
  readonly #task: Task;
  readonly #steps: DecisionSteps;
  readonly #watching: Watching[];

  constructor(detectors: readonly DriftDetector[], task: Task, steps: DecisionSteps) {
    this.#task = task;
    this.#steps = steps;
    this.#watching = detectors.map((detector) => ({ detector, instance: this.#open(detector) }));
  }

  #open(detector: DriftDetector): DetectorInstance | null {
    return this.#guarded(detector, () => detector.open());
  }

  #guarded<T>({ name }: DriftDetector, work: () => T): T | null {
    return this.#steps.run<T | null>('detectors', work, null, name);
  }

  /** Takes the labels of a boundary, partition by partition; fallback predictions and unusable labels are skipped. */
  at(observations: readonly PartitionObservations[]): LossFindings {
    const losses = this.#losses(observations);
    const n = losses.length;
    if (n === 0) return { n, detectors: [] };
    const detectors = this.#watching.flatMap((watching) => {
      const drifted = this.#update(watching, losses);
      const { detector, instance } = watching;
      const report = instance === null ? null : this.#guarded(detector, () => instance.report());
      return report === null ? [] : [{ detector: detector.name, report, drifted }];
    });
    return { n, detectors };
  }

  #losses(observations: readonly PartitionObservations[]): number[] {
    const losses: number[] = [];
    for (const { labels } of observations) {
      for (let i = 0; i < labels.labels.length; i++) {
        if (labels.fallback[i] === true || !isUsable(labels, i, this.#task)) continue;
        const loss = this.#task.loss.of(labels.scores[i] as number, labels.labels[i] as number);
        // A detector's sums would not be finite ever again.
        if (Number.isFinite(loss)) losses.push(loss);
      }
    }
    return losses;
  }

  /** Whether it raised an alarm. One that throws starts again with the next loss. */
  #update(watching: Watching, losses: readonly number[]): boolean {
    const { detector } = watching;
    let drifted = false;
    for (const loss of losses) {
      const { instance } = watching;
      if (instance === null) return drifted;
      const alarm = this.#guarded(detector, () => instance.update(loss));
      if (alarm === null) watching.instance = this.#open(detector);
      else if (alarm) drifted = true;
    }
    return drifted;
  }

  /** State of each detector, in the order of their declaration; null for one that cannot be opened. */
  snapshot(): unknown[] {
    return this.#watching.map(({ instance }) => instance?.snapshot() ?? null);
  }

  /** Continues from a snapshot of the same detectors. */
  restore(states: readonly unknown[]): void {
    for (const [i, { instance }] of this.#watching.entries()) {
      const state = states[i] ?? null;
      if (instance !== null && state !== null) instance.restore(state);
    }
  }
}
