// Creates scorers (control path): probes the execution providers once, then loads models on the one that works.
import { MillraceError } from '../../core/errors.ts';
import { INLINE_RUN_MS_MAX, SCORER_TIMEOUT_MS } from '../../core/model-limits.ts';
import { byteLengthOf, isModelFile, type ModelContent } from '../../core/model-content.ts';
import type { Scorer, Trial, TrialScorers, UntrustedRun, UntrustedScorer } from '../../ports/scorer.ts';
import { withFile } from './model-as-file.ts';
import { probeProviders } from './providers.ts';
import type { ProviderReport } from './providers.ts';
import { AdaptiveScorer, ThreadScorer } from './scorer.ts';
import type { ScorerLimits } from './scorer.ts';
import { ScoringThread } from './scoring-thread.ts';
import type { Provider } from './session.ts';
import { TrialProcess } from './trial-process.ts';

export interface OnnxScorersOptions extends Partial<ScorerLimits> {
  /** Providers to try, in order of preference: cuda, webgpu, cpu. `['cpu']` probes nothing. */
  readonly providers?: readonly Provider[];
}

export class OnnxScorers implements TrialScorers, UntrustedScorer {
  /** The provider in use, and why those before it do not work. */
  readonly report: ProviderReport;
  readonly #limits: ScorerLimits;
  /** One thread for all WebGPU sessions, because two must not run at the same time; null for the other providers. */
  readonly #shared: ScoringThread | null;
  readonly #trials = new TrialProcess();

  private constructor(report: ProviderReport, limits: ScorerLimits) {
    this.report = report;
    this.#limits = limits;
    this.#shared = report.inUse === 'webgpu' ? new ScoringThread(limits.timeoutMs) : null;
  }

  static async open(options: OnnxScorersOptions = {}): Promise<OnnxScorers> {
    const { inlineMsMax = INLINE_RUN_MS_MAX, timeoutMs = SCORER_TIMEOUT_MS } = options;
    return new OnnxScorers(await probeProviders(options.providers), { inlineMsMax, timeoutMs });
  }

  async load(version: string, model: ModelContent, inputWidth: number, outputs = 1): Promise<Scorer> {
    if (byteLengthOf(model) === 0)
      throw new MillraceError('MODEL_INVALID', 'the model is empty', {
        where: version,
        remedy: 'Restore the file from a copy, or promote another version.',
      });
    const source = { version, bytes: model, inputWidth, outputs, provider: this.report.inUse };
    if (this.#shared !== null) return ThreadScorer.open(source, this.#shared, false);
    // To load some hundred MiB takes a second, in which no event may wait.
    if (isModelFile(model)) return ThreadScorer.openOwn(source, this.#limits.timeoutMs);
    return AdaptiveScorer.open(source, this.#limits);
  }

  trial(trial: Trial): Promise<void> {
    return withFile(trial.model, (model) => this.#trials.run({ ...trial, model }));
  }

  scoreUntrusted(run: UntrustedRun): Promise<Float32Array> {
    return withFile(run.model, (model) => this.#trials.score({ ...run, model }));
  }

  prepareTrial(): void {
    this.#trials.prepare();
  }

  /** Close the scorers first. */
  async close(): Promise<void> {
    this.#trials.close();
    await this.#shared?.close();
  }
}
