// The outputs of a driven topology (control path), by the offset of the event, so that a restart can undo outputs of an
// epoch that is not closed.
import { valueAt, type Batch } from '../core/batch.ts';
import type { ClassScores, LabelBlock, PredictionBlock } from '../core/blocks.ts';
import type { ErrorCode } from '../core/errors.ts';
import { itemOfPlace, offsetOfPlace } from '../core/place.ts';
import type { CommittedScores, EngineStageContext } from '../operators/stage.ts';
import type { Row } from './rows.ts';

export interface DriverPrediction {
  readonly key: string;
  readonly offset: number;
  /** Index of the item that `flatten` made the row of; absent without one. */
  readonly item?: number;
  readonly eventTimeMs: number;
  readonly score: number;
  /** Of a task with several outputs: all by name, and the top one of classes, whose probability is the score. */
  readonly class?: string;
  readonly outputs?: Readonly<Record<string, number>>;
  readonly flags: number;
  readonly version: string;
  /** By feature name; null if missing. */
  readonly features: Readonly<Record<string, number | null>>;
}

export interface DriverLabel {
  readonly key: string;
  /** Null if the label will never come. */
  readonly label: number | null;
  /** Name of the label, of a task with several classes. */
  readonly class?: string;
  readonly score: number;
  /** Of a label that corrects another of its prediction, or takes it back: 1, 2 and so on. */
  readonly revision?: number;
}

export interface DriverDeadLetter {
  readonly code: ErrorCode;
  readonly message: string;
  readonly row: Row;
}

export interface DriverRepartitioned {
  readonly key: string;
  readonly row: Row;
}

/** Outputs of one kind with their offsets. */
class Outputs<T> {
  readonly values: T[] = [];
  readonly #offsets: number[] = [];

  add(offset: number, value: T): void {
    this.values.push(value);
    this.#offsets.push(offset);
  }

  undo(fromOffset: number): void {
    let kept = 0;
    for (const [i, offset] of this.#offsets.entries()) {
      if (offset >= fromOffset) continue;
      this.values[kept] = this.values[i] as T;
      this.#offsets[kept] = offset;
      kept += 1;
    }
    this.values.length = kept;
    this.#offsets.length = kept;
  }

  find(offset: number): number {
    return this.#offsets.indexOf(offset);
  }
}

/** The event as it was sent. */
function eventOf(batch: Batch, row: number): Row {
  return JSON.parse((batch.raw.values.at(batch.rawIndex[row] as number) as Buffer).toString()) as Row;
}

export class DriverOutputs {
  readonly predictions: Outputs<DriverPrediction> = new Outputs();
  readonly labels: Outputs<DriverLabel> = new Outputs();
  readonly rows: Outputs<Row> = new Outputs();
  readonly late: Outputs<Row> = new Outputs();
  readonly deadLetters: Outputs<DriverDeadLetter> = new Outputs();
  readonly repartitioned: Outputs<DriverRepartitioned> = new Outputs();
  /** While state is rebuilt, outputs of events before this offset are suppressed: they have been sent. */
  committedBelow = 0;
  readonly #features: readonly string[];

  constructor(features: readonly string[]) {
    this.#features = features;
  }

  /** Whether an output at this offset is sent. */
  isSent(offset: number): boolean {
    return offset >= this.committedBelow;
  }

  /** Removes the outputs of events from this offset on. */
  undo(fromOffset: number): void {
    const { predictions, labels, rows, late, deadLetters, repartitioned } = this;
    for (const outputs of [predictions, labels, rows, late, deadLetters, repartitioned])
      outputs.undo(fromOffset);
  }

  add(batch: Batch): void {
    for (const row of batch.rows) {
      const offset = batch.offsets[row] as number;
      if (!this.isSent(offset)) continue;
      const columns = Object.entries(batch.columns);
      this.rows.add(
        offset,
        Object.fromEntries(columns.map(([name, column]) => [name, valueAt(column, row)])),
      );
    }
    if (batch.predictions !== null) this.#addPredictions(batch.predictions);
    if (batch.labels !== null) this.#addLabels(batch.labels);
  }

  #addPredictions(block: PredictionBlock): void {
    for (let i = 0; i < block.count; i++) {
      const offset = block.offsets[i] as number;
      if (!this.isSent(offset)) continue;
      const item = itemOfPlace(offset);
      const vector = block.features.subarray(i * block.width, (i + 1) * block.width);
      this.predictions.add(offset, {
        key: block.keys[i] as string,
        offset: offsetOfPlace(offset),
        ...(item >= 0 && { item }),
        eventTimeMs: block.eventTimeMs[i] as number,
        score: block.scores[i] as number,
        ...(block.classes === undefined ? {} : classOf(block.classes, i)),
        flags: block.flags[i] as number,
        version: block.version,
        features: Object.fromEntries(
          this.#features.map((name, f) => [name, Number.isNaN(vector[f]) ? null : (vector[f] as number)]),
        ),
      });
    }
  }

  #addLabels(block: LabelBlock): void {
    for (let i = 0; i < block.count; i++) {
      const position = block.positions[i] as number;
      if (!this.isSent(position)) continue;
      const label = block.labels[i] as number;
      this.labels.add(position, {
        key: block.keys[i] as string,
        label: Number.isNaN(label) ? null : label,
        ...(block.classes?.names[label] === undefined ? {} : { class: block.classes.names[label] }),
        score: block.scores[i] as number,
        ...((block.revisions?.numbers[i] ?? 0) === 0
          ? {}
          : { revision: block.revisions?.numbers[i] as number }),
      });
    }
  }

  /** What stages send by the side. */
  sides(): Pick<EngineStageContext, 'reject' | 'late' | 'repartitioned'> {
    return {
      reject: (batch, row, code, message) => {
        const offset = batch.offsets[row] as number;
        if (this.isSent(offset)) this.deadLetters.add(offset, { code, message, row: eventOf(batch, row) });
      },
      late: (batch, row) => {
        const offset = batch.offsets[row] as number;
        if (this.isSent(offset)) this.late.add(offset, eventOf(batch, row));
      },
      repartitioned: (batch, keys) => {
        for (const [i, id] of keys.ids.entries()) {
          const row = batch.rows[i] as number;
          const offset = batch.offsets[row] as number;
          if (!this.isSent(offset)) continue;
          this.repartitioned.add(offset, { key: String(keys.distinct.at(id)), row: eventOf(batch, row) });
        }
      },
    };
  }

  /** The predictions that were sent, as the stages of a rebuild see them. */
  committed(): CommittedScores {
    const at = (index: number): DriverPrediction => this.predictions.values[index] as DriverPrediction;
    return {
      covers: (offset) => offset < this.committedBelow,
      find: (offset) => this.predictions.find(offset),
      score: (index) => at(index).score,
      outputs: (index) => Float32Array.from(Object.values(at(index).outputs ?? {})),
      flags: (index) => at(index).flags,
      version: (index) => at(index).version,
    };
  }
}

function classOf(
  { names, width, outputs, tops }: ClassScores,
  row: number,
): Pick<DriverPrediction, 'class' | 'outputs'> {
  const entries = names.map((name, k) => [name, outputs[row * width + k] as number] as const);
  const top = tops === null ? {} : { class: names[tops[row] as number] as string };
  return { ...top, outputs: Object.fromEntries(entries) };
}
