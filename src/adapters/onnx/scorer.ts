// Scorers (hot path): in the event loop while runs are fast, otherwise in a thread.
import { MillraceError } from '../../core/errors.ts';
import { BATCH_ROWS_MAX } from '../../core/event-limits.ts';
import type { Scorer } from '../../ports/scorer.ts';
import { loadModel } from './loaded-model.ts';
import type { LoadedModel, ModelSource } from './loaded-model.ts';
import { RunCost } from './run-cost.ts';
import { ScoringThread } from './scoring-thread.ts';

/** Runs of each size while warming up. */
const WARM_UP_RUNS = 5;
/** A run that takes this many times the budget ends the warm-up of its size. */
const FAR_OVER = 20;

export interface ScorerLimits {
  /** How long a run may block the event loop, ms. */
  readonly inlineMsMax: number;
  /** Timeout of a run in a thread, ms. */
  readonly timeoutMs: number;
}

/** Runs small batches inline; sizes whose median is over the budget go to this scorer's own thread. */
export class AdaptiveScorer implements Scorer {
  readonly version: string;
  readonly inputWidth: number;
  readonly provider: string;
  readonly #source: ModelSource;
  readonly #inline: LoadedModel;
  readonly #cost: RunCost;
  readonly #inlineMsMax: number;
  readonly #timeoutMs: number;
  #thread: ThreadScorer | null = null;
  #opening: Promise<void> | null = null;
  #closed = false;

  private constructor(source: ModelSource, inline: LoadedModel, limits: ScorerLimits) {
    this.version = source.version;
    this.inputWidth = source.inputWidth;
    this.provider = source.provider;
    this.#source = source;
    this.#inline = inline;
    this.#cost = new RunCost(limits.inlineMsMax);
    this.#inlineMsMax = limits.inlineMsMax;
    this.#timeoutMs = limits.timeoutMs;
  }

  /** Loads, checks and warms up. Throws MODEL_INVALID. */
  static async open(source: ModelSource, limits: ScorerLimits): Promise<AdaptiveScorer> {
    const scorer = new AdaptiveScorer(source, await loadModel(source), limits);
    await scorer.#warmUp();
    if (scorer.#cost.isSlow(1)) await scorer.#openThread();
    return scorer;
  }

  async run(features: Float32Array, rowCount: number, into: Float32Array): Promise<void> {
    if (this.#closed)
      throw new MillraceError('MODEL_FAILED', 'the scorer was closed', { where: this.version });
    if (this.#cost.isSlow(rowCount)) {
      if (this.#thread !== null) {
        await this.#thread.run(features, rowCount, into);
        return;
      }
      // Batches run inline until the thread is ready.
      this.#opening ??= this.#openThread();
    }
    this.#cost.add(rowCount, await this.#inline.run(features, rowCount, into));
  }

  /** Mean duration of an inline run of about that many rows, ms; NaN if there was none. */
  meanRunMs(rowCount: number): number {
    return this.#cost.meanMs(rowCount);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#inline.close();
    await this.#opening;
    await this.#thread?.close();
  }

  /** Never rejects: without a thread, runs stay inline. */
  async #openThread(): Promise<void> {
    this.#thread = await ThreadScorer.openOwn(this.#source, this.#timeoutMs).catch(() => null);
  }

  /** Runs batches from one row to full size until one exceeds the budget: larger ones are slow as well. */
  async #warmUp(): Promise<void> {
    const features = new Float32Array(BATCH_ROWS_MAX * this.inputWidth);
    const into = new Float32Array(BATCH_ROWS_MAX * (this.#source.outputs ?? 1));
    for (let rows = 1; rows <= BATCH_ROWS_MAX && !this.#cost.isSlow(rows); rows *= 2) {
      let ms = 0;
      // One run far over the budget is enough: five of them would block the event loop for too long.
      for (let run = 0; run < WARM_UP_RUNS && ms < FAR_OVER * this.#inlineMsMax; run += 1) {
        ms = await this.#inline.run(features, rows, into);
        this.#cost.add(rows, ms);
      }
      this.#cost.judge(rows);
    }
  }
}

/** Runs every batch in a thread. */
export class ThreadScorer implements Scorer {
  readonly version: string;
  readonly inputWidth: number;
  readonly provider: string;
  readonly #thread: ScoringThread;
  readonly #model: number;
  readonly #ownsThread: boolean;

  private constructor(source: ModelSource, thread: ScoringThread, model: number, ownsThread: boolean) {
    this.version = source.version;
    this.inputWidth = source.inputWidth;
    this.provider = source.provider;
    this.#thread = thread;
    this.#model = model;
    this.#ownsThread = ownsThread;
  }

  /** `ownsThread`: the thread ends with the scorer. Throws MODEL_INVALID. */
  static async open(source: ModelSource, thread: ScoringThread, ownsThread: boolean): Promise<ThreadScorer> {
    return new ThreadScorer(source, thread, await thread.load(source), ownsThread);
  }

  /** In a thread of its own. Throws MODEL_INVALID. */
  static async openOwn(source: ModelSource, timeoutMs: number): Promise<ThreadScorer> {
    const thread = new ScoringThread(timeoutMs);
    try {
      return await ThreadScorer.open(source, thread, true);
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  async run(features: Float32Array, rowCount: number, into: Float32Array): Promise<void> {
    await this.#thread.run(this.#model, features, rowCount, into);
  }

  async close(): Promise<void> {
    if (this.#ownsThread) await this.#thread.close();
    else await this.#thread.unload(this.#model);
  }
}
