// The score stage: runs the champion over the batch's feature matrix, or returns the declared fallback if there is
// no model yet, or if it fails or takes too long. It waits once per batch.
import { checkedOptions, column, number, required, shown, type OptionChecks } from '../core/option-checks.ts';
import { concat, concatMap, from, ignoreElements, of, type Observable } from 'rxjs';
import type { Batch, FeatureMatrix, StreamElement } from '../core/batch.ts';
import { FLAG_FALLBACK, NO_MODEL, type PredictionBlock } from '../core/blocks.ts';
import { anyColumn, type AnyRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { messageOf, MillraceError } from '../core/errors.ts';
import type { Scorer } from '../ports/scorer.ts';
import { outputNames } from '../tasks/outputs.ts';
import type { Task } from '../tasks/task.ts';
import { KeyColumn } from './key-column.ts';
import { contractFlags, flagAlerts } from './prediction-flags.ts';
import { OutputRows } from './output-rows.ts';
import { matrixOf, rowsWithKeys } from './prediction-rows.ts';
import { stageArguments } from './stage-arguments.ts';
import type { EngineStageContext, Stage, StageInstance } from './stage.ts';

export interface ScoreOptions<Key extends string = string> {
  /** The column that names what the prediction is about; it is the prediction's key, and labels join by it. */
  readonly key: Key;
  /** The score if no model can give one; such predictions carry the fallback flag. By default the task's fallback. */
  readonly fallback?: number;
  /** What is predicted, where no event carries a label: `anomaly()`. By default the task of the labels stage. */
  readonly task?: Task<never>;
  /** The service of the features stage whose features the model takes; by default all features. */
  readonly service?: string;
}

export interface ScoreStage<Reads extends string = string> extends Stage<Reads> {
  readonly kind: 'score';
  readonly options: ScoreOptions;
}

const OPTIONS: OptionChecks<ScoreOptions> = {
  key: required(column, "'id'"),
  fallback: number(),
  task: (value) =>
    typeof value === 'object' && value !== null && 'alerts' in value
      ? null
      : `${shown(value)} is no task without labels: use anomaly()`,
  service: (value) => (typeof value === 'string' ? null : `${shown(value)} is no name of a service`),
};

const FLOAT32_MAX = 3.4028234663852886e38;

class ScoreMachine {
  readonly #id: string;
  readonly #key: KeyColumn;
  readonly #context: EngineStageContext;
  readonly #fallback: number;
  /** Finite, so that one comparison each refuses NaN and the infinities as well. */
  readonly #low: number;
  readonly #high: number;
  /** Null for one output. */
  readonly #rows: OutputRows | null;
  /** Scores from here on are alerts; Infinity without any. As a Float32, as scores are. */
  readonly #alertsFrom: number;

  constructor(id: string, options: ScoreOptions, context: EngineStageContext) {
    const { output, fallback, alerts } = context.task;
    this.#id = id;
    this.#key = new KeyColumn(options.key);
    this.#context = context;
    this.#fallback = options.fallback ?? fallback;
    this.#low = Math.max(output.low, -FLOAT32_MAX);
    this.#high = Math.min(output.high, FLOAT32_MAX);
    const names = outputNames(output);
    this.#rows = names === undefined ? null : new OutputRows(output, names);
    this.#alertsFrom = Math.fround(alerts?.from ?? Number.POSITIVE_INFINITY);
  }

  element(element: StreamElement): Observable<StreamElement> {
    if (element.kind === 'watermark') return of(element);
    if (element.kind === 'barrier') {
      // Later rows wait here until the epoch is closed, so that a new model takes over exactly at the barrier.
      const released = from(element.released.then(() => this.#context.model.swapAtBarrier(element)));
      return concat(of(element), released.pipe(ignoreElements()));
    }
    const { features: given } = element;
    if (given === null || given.rowCount === 0) return of(element);
    const { committed } = this.#context;
    if (committed.covers(element.offsets[given.rows[0] as number] as number)) {
      return from(this.#takeOver(element, given));
    }
    const features = rowsWithKeys(element, given, this.#key.of(element), this.#context);
    if (features.rowCount === 0) return of(element);
    const { champion } = this.#context.model;
    if (champion === null) {
      this.#countFallbacks(features.rowCount, 'NO_MODEL');
      return of(this.#withFallback(element, features));
    }
    return from(this.#score(element, features, champion));
  }

  async #score(batch: Batch, features: FeatureMatrix, champion: Scorer): Promise<Batch> {
    const outputs = this.#room(features);
    const { telemetry, topology } = this.#context;
    try {
      const startedMs = performance.now();
      await champion.run(features.values, features.rowCount, outputs);
      telemetry.observe('score_duration_seconds', performance.now() - startedMs, { topology });
    } catch (error) {
      const code = error instanceof MillraceError ? error.code : 'MODEL_FAILED';
      this.#countFallbacks(features.rowCount, code);
      this.#context.telemetry.warn('scoring failed: the fallback serves', {
        stage: this.#id,
        version: champion.version,
        why: messageOf(error),
      });
      return this.#withFallback(batch, features);
    }
    const { shadow } = this.#context.model;
    const shadowOutputs = shadow === champion ? outputs.slice() : await this.#shadowOutputs(features, shadow);
    const flags = contractFlags(batch, features);
    const crossed = this.#rows?.arrange(outputs) ?? 0;
    if (crossed > 0) telemetry.count('quantiles_crossed_total', crossed, { topology });
    this.#replaceInvalid(outputs, flags);
    if (this.#alertsFrom !== Number.POSITIVE_INFINITY) {
      const alerts = flagAlerts(outputs, this.#alertsFrom, flags);
      if (alerts > 0) telemetry.count('alerts_total', alerts, { topology });
    }
    return {
      ...batch,
      predictions: this.#block(batch, features, outputs, shadowOutputs, flags, champion.version),
    };
  }

  /**
   * The predictions that an earlier run committed for these events: all by one model, as the task cuts batches there. An
   * event without one was dropped then, as late or as a duplicate of an event before those that are read again.
   */
  async #takeOver(batch: Batch, features: FeatureMatrix): Promise<Batch> {
    const { committed, model } = this.#context;
    const found = Int32Array.from(features.rows, (row) => committed.find(batch.offsets[row] as number));
    const kept = found.every((index) => index >= 0) ? features : matrixOf(features, (i) => found[i] !== -1);
    const indices = found.filter((index) => index >= 0);
    const first = indices[0];
    if (first === undefined) return batch;
    const version = committed.version(first);
    const outputs =
      this.#rows?.committed(committed, indices) ??
      Float32Array.from(indices, (index) => committed.score(index));
    const flags = Uint8Array.from(indices, (index) => committed.flags(index));
    const shadow = version === NO_MODEL ? null : model.shadow;
    const shadowOutputs =
      shadow?.version === version ? outputs.slice() : await this.#shadowOutputs(kept, shadow);
    return { ...batch, predictions: this.#block(batch, kept, outputs, shadowOutputs, flags, version) };
  }

  /** For all outputs of the rows. */
  #room({ rowCount }: FeatureMatrix): Float32Array {
    return new Float32Array(this.#rows === null ? rowCount : rowCount * this.#rows.count);
  }

  /** The shadow's outputs, or null: its failure is counted and affects nothing else. */
  async #shadowOutputs(features: FeatureMatrix, shadow: Scorer | null): Promise<Float32Array | null> {
    if (shadow === null) return null;
    const outputs = this.#room(features);
    try {
      await shadow.run(features.values, features.rowCount, outputs);
      // The shadow has no fallback: NaN, as for a row that it did not score.
      if (this.#rows !== null) {
        this.#rows.arrange(outputs);
        this.#rows.blankInvalid(outputs);
      } else
        for (let i = 0; i < outputs.length; i++)
          if (!this.#isValid(outputs[i] as number)) outputs[i] = Number.NaN;
      return outputs;
    } catch (error) {
      const code = error instanceof MillraceError ? error.code : 'MODEL_FAILED';
      this.#context.telemetry.count('shadow_failures_total', 1, { topology: this.#context.topology, code });
      return null;
    }
  }

  /** A score that the task cannot have is replaced by the fallback and its flag. */
  #replaceInvalid(outputs: Float32Array, flags: Uint8Array): void {
    let notFinite = 0;
    let outOfRange = 0;
    const width = this.#rows?.count ?? 1;
    for (let i = 0; i < flags.length; i++) {
      if (this.#rows === null ? this.#isValid(outputs[i] as number) : this.#rows.isValid(outputs, i))
        continue;
      let isFinite = true;
      for (let k = i * width; k < (i + 1) * width; k++) isFinite &&= Number.isFinite(outputs[k]);
      if (isFinite) outOfRange += 1;
      else notFinite += 1;
      outputs.fill(this.#fallback, i * width, (i + 1) * width);
      flags[i] = (flags[i] as number) | FLAG_FALLBACK;
    }
    if (notFinite > 0) this.#countFallbacks(notFinite, 'SCORE_NOT_FINITE');
    if (outOfRange > 0) this.#countFallbacks(outOfRange, 'SCORE_OUT_OF_RANGE');
  }

  #isValid(score: number): boolean {
    return score >= this.#low && score <= this.#high;
  }

  #countFallbacks(rows: number, reason: string): void {
    this.#context.telemetry.count('prediction_fallbacks_total', rows, {
      topology: this.#context.topology,
      reason,
    });
  }

  #withFallback(batch: Batch, features: FeatureMatrix): Batch {
    const outputs = this.#room(features).fill(this.#fallback);
    const flags = contractFlags(batch, features);
    for (let i = 0; i < flags.length; i++) flags[i] = (flags[i] as number) | FLAG_FALLBACK;
    return { ...batch, predictions: this.#block(batch, features, outputs, null, flags, NO_MODEL) };
  }

  #block(
    batch: Batch,
    features: FeatureMatrix,
    outputs: Float32Array,
    shadowOutputs: Float32Array | null,
    flags: Uint8Array,
    version: string,
  ): PredictionBlock {
    const { rowCount, rows, width, values, entities } = features;
    const offsets = new Float64Array(rowCount);
    const eventTimeMs = new Float64Array(rowCount);
    const keys = Array.from<string>({ length: rowCount });
    const { codes, dictionary } = this.#key.of(batch);
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i] as number;
      offsets[i] = batch.offsets[row] as number;
      eventTimeMs[i] = batch.eventTimeMs[row] as number;
      keys[i] = dictionary.decode(codes[row] as number) ?? '';
    }
    const { origin, receivedAtMs } = batch;
    const scored = this.#rows?.scored(outputs, shadowOutputs) ?? {
      scores: outputs,
      shadowScores: shadowOutputs,
    };
    return {
      origin,
      count: rowCount,
      offsets,
      eventTimeMs,
      keys,
      ...scored,
      flags,
      version,
      features: values,
      width,
      entities,
      receivedAtMs,
    };
  }
}

/** Scores each row of the feature matrix with the partition's champion. */
export function score<const Key extends string>(options: ScoreOptions<Key>): ScoreStage<AnyRead<Key>>;
export function score<const Key extends string>(
  id: string,
  options: ScoreOptions<Key>,
): ScoreStage<AnyRead<Key>>;
export function score(first: string | ScoreOptions, second: ScoreOptions = { key: '' }): ScoreStage {
  const [id, given] = stageArguments('score', first, second);
  const checked = checkedOptions(given, OPTIONS);
  const { key = '' } = checked.options;
  const options = { ...checked.options, key };
  const stage: ScoreStage = {
    id,
    kind: 'score',
    summary: `${options.task === undefined ? '' : `${options.task.name}, `}key ${key}, fallback ${options.fallback ?? 'of the task'}${options.service === undefined ? '' : `, service ${options.service}`}`,
    reads: key === '' ? [] : [anyColumn(key)],
    memoryMs: 0,
    options,
    open(context: EngineStageContext): StageInstance {
      const machine = new ScoreMachine(id, options, context);
      return { operator: concatMap((element) => machine.element(element)) };
    },
  };
  return defined(stage, { given, options: OPTIONS, problems: checked.problems });
}
