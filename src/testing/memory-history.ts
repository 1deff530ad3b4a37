// The offline store in memory (control path): for tests of the learning loop.
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';
import { predictionId } from '../core/blocks.ts';
import type { DriftReportRow, MetricRow, ModelEventRow } from '../core/reports.ts';
import type { History, TrainingSet, TrainingSetQuery } from '../ports/history.ts';

interface Row {
  readonly partition: number;
  readonly offset: number;
  readonly timeMs: number;
  readonly features: Float32Array;
  readonly score: number;
  label: number;
  labelTimeMs: number;
}

export class MemoryHistory implements History {
  readonly #rows = new Map<string, Row>();
  readonly driftRows: DriftReportRow[] = [];
  readonly modelRows: ModelEventRow[] = [];
  readonly metricRows: MetricRow[] = [];
  readonly bufferedRows = 0;

  predictions(_topology: string, block: PredictionBlock): void {
    for (let i = 0; i < block.count; i++) {
      const offset = block.offsets[i] as number;
      this.#rows.set(predictionId(block.origin, offset), {
        partition: block.origin.partition,
        offset,
        timeMs: block.eventTimeMs[i] as number,
        features: block.features.slice(i * block.width, (i + 1) * block.width),
        score: block.scores[i] as number,
        label: Number.NaN,
        labelTimeMs: Number.POSITIVE_INFINITY,
      });
    }
  }

  labels(_topology: string, block: LabelBlock): void {
    for (let i = 0; i < block.count; i++) {
      const row = this.#rows.get(predictionId(block.origin, block.predictionOffsets[i] as number));
      if (row === undefined) continue;
      row.label = block.labels[i] as number;
      row.labelTimeMs = block.labelTimeMs[i] as number;
    }
  }

  driftReports(rows: readonly DriftReportRow[]): void {
    this.driftRows.push(...rows);
  }
  modelEvents(rows: readonly ModelEventRow[]): void {
    this.modelRows.push(...rows);
  }
  metrics(rows: readonly MetricRow[]): void {
    this.metricRows.push(...rows);
  }
  describeFeatures(): void {}
  async flush(): Promise<void> {}

  async trainingSet({ fromMs, untilMs, rowsMax, width }: TrainingSetQuery): Promise<TrainingSet> {
    const known = [...this.#rows.values()]
      .filter((row) => row.timeMs >= fromMs && row.timeMs < untilMs)
      .filter((row) => !Number.isNaN(row.label) && row.labelTimeMs < untilMs)
      .sort((a, b) => a.timeMs - b.timeMs || a.partition - b.partition || a.offset - b.offset)
      .slice(-rowsMax);
    const features = new Float32Array(known.length * width);
    for (const [i, row] of known.entries()) features.set(row.features, i * width);
    return {
      rowCount: known.length,
      width,
      features,
      labels: Float32Array.from(known, (row) => row.label),
      scores: Float32Array.from(known, (row) => row.score),
      eventTimeMs: Float64Array.from(known, (row) => row.timeMs),
    };
  }

  async ping(): Promise<void> {}
  async close(): Promise<void> {}
}
