// The steps of a decision that may fail (control path): statistics, detectors and tasks may be a project's own code. What
// a step throws is reported, and the boundary is decided without its result: no boundary is ever left undecided.
import { messageOf } from '../../core/errors.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

/** `where` of the condition, after the topology. */
export type DecisionStep = 'champion' | 'quality' | 'drift' | 'detectors' | 'retraining' | 'snapshot';

export class DecisionSteps {
  readonly #topology: string;
  readonly #telemetry: Telemetry;
  readonly #failed = new Set<DecisionStep>();
  #raised: ReadonlySet<DecisionStep> = new Set();

  constructor(topology: string, telemetry: Telemetry) {
    this.#topology = topology;
    this.#telemetry = telemetry;
  }

  /** The result of a step, or `otherwise` if it throws. @param what as of `failed` */
  run<T>(step: DecisionStep, work: () => T, otherwise: T, what?: string): T {
    try {
      return work();
    } catch (error) {
      this.failed(step, error, what);
      return otherwise;
    }
  }

  /** Reports a failure in a step whose other parts go on; `what` failed, if that is less than the step. */
  failed(step: DecisionStep, error: unknown, what = ''): void {
    this.#failed.add(step);
    const topology = this.#topology;
    this.#telemetry.count('decision_failures_total', 1, { topology, step });
    const reason = what === '' ? messageOf(error) : `${what}: ${messageOf(error)}`;
    this.#telemetry.raise('decision_failed', `${topology} ${step}`, reason);
  }

  /** To be called after each boundary: the condition of a step that did not fail again ends. */
  decided(): void {
    for (const step of this.#raised)
      if (!this.#failed.has(step)) this.#telemetry.clear('decision_failed', `${this.#topology} ${step}`);
    this.#raised = new Set(this.#failed);
    this.#failed.clear();
  }
}
