// The drift detectors over the losses of one champion (control path; one update of each detector per label).
import type { PartitionObservations } from '../../operators/observations.ts';
import type { DetectorInstance, DetectorReport, DriftDetector } from '../../stats/drift-detector.ts';

export interface DetectorFinding {
  readonly detector: string;
  readonly report: DetectorReport;
  /** Whether it raised an alarm since the previous boundary. */
  readonly drifted: boolean;
}

export interface LossFindings {
  /** Labels since the previous boundary. */
  readonly n: number;
  /** Empty without a label. */
  readonly detectors: readonly DetectorFinding[];
}

export class LossWatch {
  readonly #lossOf: (score: number, label: number) => number;
  readonly #detectors: ReadonlyArray<{ readonly name: string; readonly instance: DetectorInstance }>;

  constructor(detectors: readonly DriftDetector[], lossOf: (score: number, label: number) => number) {
    this.#lossOf = lossOf;
    this.#detectors = detectors.map((detector) => ({ name: detector.name, instance: detector.open() }));
  }

  /** Takes the labels of a boundary, partition by partition; fallback predictions are skipped. */
  at(observations: readonly PartitionObservations[]): LossFindings {
    const alarms = new Uint8Array(this.#detectors.length);
    let n = 0;
    for (const { labels } of observations) {
      for (let i = 0; i < labels.labels.length; i++) {
        if (labels.fallback[i] === true) continue;
        const loss = this.#lossOf(labels.scores[i] as number, labels.labels[i] as number);
        n += 1;
        for (const [d, { instance }] of this.#detectors.entries()) if (instance.update(loss)) alarms[d] = 1;
      }
    }
    if (n === 0) return { n, detectors: [] };
    const detectors = this.#detectors.map(({ name, instance }, d) => ({
      detector: name,
      report: instance.report(),
      drifted: alarms[d] === 1,
    }));
    return { n, detectors };
  }
}
