// An offline store in memory (control path), for tests of the learning loop.
import { entitiesOf } from '../../src/adapters/embedded/entities.ts';
import { ByteColumn } from '../../src/core/byte-column.ts';
import type { RawBatch } from '../../src/core/batch.ts';
import type { FeatureBlock, LabelBlock, PredictionBlock } from '../../src/core/blocks.ts';
import { predictionId } from '../../src/core/blocks.ts';
import { textColumn } from '../../src/core/text-column.ts';
import type { AuditRecord } from '../../src/ports/audit.ts';
import type { ColumnProfileRow, DriftReportRow, MetricRow, ModelEventRow } from '../../src/core/reports.ts';
import { partitionName } from '../../src/core/topic-partition.ts';
import type {
  ErasedHistory,
  EventRows,
  EventSource,
  History,
  RecentVectors,
  RecentVectorsQuery,
  TrainingSet,
  TrainingSetQuery,
} from '../../src/ports/history.ts';

interface Row {
  readonly id: string;
  readonly key: string;
  readonly entities: string;
  readonly partition: number;
  readonly offset: number;
  readonly timeMs: number;
  readonly features: Float32Array;
  readonly score: number;
  /** In the order of the log. */
  readonly labels: Array<{ readonly label: number; readonly timeMs: number }>;
}

interface ArchivedEvent {
  readonly offset: number;
  readonly offsetFrom: number;
  readonly offsetNext: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

const PAGE_ROWS = 64;

export class MemoryHistory implements History {
  readonly #rows = new Map<string, Row>();
  /** By source, then by offset. */
  readonly #events = new Map<string, Map<number, ArchivedEvent>>();
  readonly driftRows: DriftReportRow[] = [];
  readonly modelRows: ModelEventRow[] = [];
  readonly metricRows: MetricRow[] = [];
  readonly profileRows: ColumnProfileRow[] = [];
  readonly auditRows: AuditRecord[] = [];
  readonly featureBlocks: FeatureBlock[] = [];
  readonly bufferedRows = 0;

  predictions(_topology: string, block: PredictionBlock): void {
    for (let i = 0; i < block.count; i++) {
      const offset = block.offsets[i] as number;
      const id = predictionId(block.origin, offset);
      this.#rows.set(id, {
        id,
        key: block.keys[i] as string,
        entities: entitiesOf(block, i),
        partition: block.origin.partition,
        offset,
        timeMs: block.eventTimeMs[i] as number,
        features: block.features.slice(i * block.width, (i + 1) * block.width),
        score: block.scores[i] as number,
        labels: [],
      });
    }
  }

  features(_topology: string, block: FeatureBlock): void {
    this.featureBlocks.push(block);
  }

  labels(_topology: string, block: LabelBlock): void {
    for (let i = 0; i < block.count; i++) {
      const row = this.#rows.get(predictionId(block.origin, block.predictionOffsets[i] as number));
      if (row === undefined) continue;
      row.labels.push({ label: block.labels[i] as number, timeMs: block.labelTimeMs[i] as number });
    }
  }

  events(topology: string, { raw, begin, end, offsetFrom }: EventRows): void {
    const name = `${topology}:${partitionName(raw.origin)}`;
    const archived = this.#events.get(name) ?? new Map<number, ArchivedEvent>();
    this.#events.set(name, archived);
    let from = offsetFrom;
    for (let i = begin; i < end; i++) {
      const offset = raw.offsets[i] as number;
      if (!archived.has(offset)) {
        archived.set(offset, {
          offset,
          offsetFrom: from,
          offsetNext: raw.offsets[i + 1] ?? raw.offsetNext,
          timestampMs: raw.timestampMs[i] as number,
          key: raw.keys.at(i),
          value: raw.values.at(i),
        });
      }
      from = offset + 1;
    }
  }

  #archived(source: EventSource): ArchivedEvent[] {
    const archived = this.#events.get(`${source.topology}:${partitionName(source)}`);
    return [...(archived?.values() ?? [])].sort((a, b) => a.offset - b.offset);
  }

  async eventOffsetForTime(source: EventSource, timestampMs: number): Promise<number | null> {
    return this.#archived(source).find((event) => event.timestampMs >= timestampMs)?.offset ?? null;
  }

  async holdsEvents(source: EventSource, from: number, to: number): Promise<boolean> {
    let end = from;
    for (const event of this.#archived(source)) {
      if (event.offsetFrom <= end) end = Math.max(end, event.offsetNext);
    }
    return end >= to;
  }

  async *readEvents(source: EventSource, from: number, to: number): AsyncGenerator<RawBatch> {
    const rows = this.#archived(source).filter(({ offset }) => offset >= from && offset < to);
    for (let at = 0; at < rows.length; at += PAGE_ROWS) {
      const page = rows.slice(at, at + PAGE_ROWS);
      const offsetNext = page.at(-1)?.offsetNext ?? to;
      yield {
        origin: { topic: source.topic, partition: source.partition },
        count: page.length,
        offsets: Float64Array.from(page, ({ offset }) => offset),
        timestampMs: Float64Array.from(page, ({ timestampMs }) => timestampMs),
        keys: ByteColumn.of(page.map(({ key }) => key)),
        values: ByteColumn.of(page.map(({ value }) => value)),
        offsetNext,
        highWatermark: offsetNext,
        receivedAtMs: performance.now(),
      };
    }
  }

  driftReports(rows: readonly DriftReportRow[]): void {
    for (const row of rows) this.driftRows.push(row);
  }
  audit(records: readonly AuditRecord[]): void {
    for (const record of records) this.auditRows.push(record);
  }

  async *readAudit(): AsyncGenerator<readonly AuditRecord[]> {
    yield this.auditRows;
  }

  modelEvents(rows: readonly ModelEventRow[]): void {
    for (const row of rows) this.modelRows.push(row);
  }
  columnProfiles(rows: readonly ColumnProfileRow[]): void {
    for (const row of rows) this.profileRows.push(row);
  }
  metrics(rows: readonly MetricRow[]): void {
    for (const row of rows) this.metricRows.push(row);
  }
  describeFeatures(): void {}
  async offsetsOf(): Promise<readonly number[]> {
    return [];
  }

  async erase(): Promise<ErasedHistory> {
    return { features: 0, predictions: 0, labels: 0 };
  }

  async forget(): Promise<void> {}

  async flush(): Promise<void> {}

  async trainingSet(query: TrainingSetQuery): Promise<TrainingSet> {
    const { fromMs, untilMs, predictedUntilMs = untilMs, rowsMax, width, isLabelled } = query;
    const labelOf = ({ labels }: Row): number =>
      labels.filter(({ timeMs }) => timeMs < untilMs).at(-1)?.label ?? Number.NaN;
    const known = [...this.#rows.values()]
      .filter((row) => row.timeMs >= fromMs && row.timeMs < predictedUntilMs)
      .filter((row) => !isLabelled || !Number.isNaN(labelOf(row)))
      .sort((a, b) => a.timeMs - b.timeMs || a.partition - b.partition || a.offset - b.offset)
      .slice(-rowsMax);
    const features = new Float32Array(known.length * width);
    for (const [i, row] of known.entries()) features.set(row.features, i * width);
    return {
      rowCount: known.length,
      width,
      features,
      labels: Float32Array.from(known, labelOf),
      scores: Float32Array.from(known, (row) => row.score),
      eventTimeMs: Float64Array.from(known, (row) => row.timeMs),
      ...(query.hasIdentities === true
        ? {
            identities: {
              ids: textColumn(known.map(({ id }) => id)),
              keys: textColumn(known.map(({ key }) => key)),
              entities: textColumn(known.map(({ entities }) => entities)),
            },
          }
        : {}),
    };
  }

  async recentVectors({ rowsMax, width }: RecentVectorsQuery): Promise<RecentVectors> {
    const rows = [...this.#rows.values()]
      .filter(({ features }) => features.length === width)
      .sort((a, b) => a.timeMs - b.timeMs || a.partition - b.partition || a.offset - b.offset)
      .slice(-rowsMax);
    const features = new Float32Array(rows.length * width);
    for (const [i, row] of rows.entries()) features.set(row.features, i * width);
    return { rowCount: rows.length, width, features };
  }

  async ping(): Promise<void> {}
  async close(): Promise<void> {}
}
