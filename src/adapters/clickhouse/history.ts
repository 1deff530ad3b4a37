// The history port on ClickHouse, over HTTP or in this process (control path; appends are called once per batch).
import { createHash } from 'node:crypto';
import type { RawBatch } from '../../core/batch.ts';
import type { FeatureBlock, LabelBlock, PredictionBlock } from '../../core/blocks.ts';
import { HISTORY_BLOCK_MS_MAX } from '../../core/history-limits.ts';
import type { ColumnProfileRow, DriftReportRow, MetricRow, ModelEventRow } from '../../core/reports.ts';
import type { AuditRecord } from '../../ports/audit.ts';
import type { ServerAccess } from '../../ports/credentials.ts';
import type {
  EntityOfRows,
  ErasedHistory,
  EventRows,
  EventSource,
  History,
  RecentVectors,
  RecentVectorsQuery,
  TrainingSet,
  TrainingSetQuery,
} from '../../ports/history.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { readAudit } from './audit-table.ts';
import { BlockSender } from './block-sender.ts';
import { openChdb, type ChdbLoader } from './chdb-database.ts';
import type { Database, QueryParams } from './database.ts';
import { connectServer } from './server-database.ts';
import { encodeEvents, encodeFeatures, encodeLabels, encodePredictions } from './encode.ts';
import {
  encodeAudit,
  encodeColumnProfiles,
  encodeDriftReports,
  encodeFeatureSet,
  encodeMetrics,
  encodeModelEvents,
} from './encode-reports.ts';
import { firstEventSince, holdsEvents, readEvents } from './event-archive.ts';
import { deleteFrom } from './delete-from.ts';
import { eraseRows, offsetsOfEntity } from './erase-rows.ts';
import { migrate } from './migrate.ts';
import { copyIds, TableWriter } from './table-writer.ts';
import { TABLES } from './tables.ts';
import { readRecentVectors } from './recent-vectors.ts';
import { readTrainingSet } from './training-set.ts';

export interface HistoryOptions {
  /** http(s)://[user:password@]host:port[/database]; null for chdb in this process. */
  readonly url: string | null;
  /** Read before each request and each connection; by default the URL alone. */
  readonly access?: () => ServerAccess;
  /** Folder of the database in this process: one per process, and one process per folder. Unused with a URL. */
  readonly path: string;
  readonly telemetry?: Telemetry;
  /** How the optional package chdb is loaded: for tests. */
  readonly chdb?: ChdbLoader;
}

/**
 * Connects and brings the tables up to date. Throws HISTORY_UNAVAILABLE if chdb is not installed or no
 * server answers, HISTORY_FAILED if the server refuses, CONFIG_INVALID for a malformed URL.
 */
export async function openHistory(options: HistoryOptions): Promise<ClickHouseHistory> {
  const database =
    options.url === null
      ? await openChdb(options.path, options.chdb)
      : await connectServer(options.url, options.access);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return new ClickHouseHistory(database, options.telemetry ?? null);
}

export class ClickHouseHistory implements History {
  readonly #database: Database;
  readonly #writers: Readonly<Record<keyof typeof TABLES, TableWriter>>;
  readonly #sender: BlockSender;
  readonly #telemetry: Telemetry | null;
  readonly #featureSets = new Map<string, string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(database: Database, telemetry: Telemetry | null) {
    const writer = (name: keyof typeof TABLES): TableWriter => new TableWriter(database, TABLES[name]);
    this.#database = database;
    this.#telemetry = telemetry;
    this.#writers = {
      events: writer('events'),
      featureSets: writer('featureSets'),
      featureLog: writer('featureLog'),
      predictions: writer('predictions'),
      labels: writer('labels'),
      driftReports: writer('driftReports'),
      modelEvents: writer('modelEvents'),
      metrics: writer('metrics'),
      columnProfiles: writer('columnProfiles'),
      audit: writer('audit'),
    };
    this.#sender = new BlockSender(Object.values(this.#writers), database.where, telemetry);
  }

  get bufferedRows(): number {
    return this.#sender.bufferedRows;
  }

  /** Names of the features in the vectors that follow, so that analysts can query one by its name. */
  describeFeatures(topology: string, names: readonly string[]): void {
    const id = createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 16);
    if (this.#featureSets.get(topology) === id) return;
    this.#featureSets.set(topology, id);
    this.#writers.featureSets.append(encodeFeatureSet(topology, id, names), 1);
    this.#appended();
  }

  features(topology: string, block: FeatureBlock): void {
    const source = { topology, ...block.origin };
    const ids = copyIds({ offsets: block.offsets, seconds: null, positions: null }, block.count);
    const features = encodeFeatures(topology, this.#featureSets.get(topology) ?? '', block);
    this.#writers.featureLog.appendPart({ source, ids, bytes: features });
    this.#appended();
  }

  predictions(topology: string, block: PredictionBlock): void {
    const source = { topology, ...block.origin };
    const ids = copyIds({ offsets: block.offsets, seconds: null, positions: null }, block.count);
    const features = encodeFeatures(topology, this.#featureSets.get(topology) ?? '', block);
    this.#writers.featureLog.appendPart({ source, ids, bytes: features });
    this.#writers.predictions.appendPart({ source, ids, bytes: encodePredictions(topology, block) });
    this.#appended();
  }

  labels(topology: string, block: LabelBlock): void {
    const source = { topology, ...block.origin };
    const { labelOffsets: offsets, predictionOffsets: seconds, positions } = block;
    const ids = copyIds({ offsets, seconds, positions }, block.count);
    this.#writers.labels.appendPart({ source, ids, bytes: encodeLabels(topology, block) });
    this.#appended();
  }

  events(topology: string, rows: EventRows): void {
    const { raw, begin, end } = rows;
    const source = { topology, ...raw.origin };
    const ids = { offsets: raw.offsets.slice(begin, end), seconds: null, positions: null };
    this.#writers.events.appendPart({ source, ids, bytes: encodeEvents(topology, rows) });
    this.#appended();
  }

  driftReports(rows: readonly DriftReportRow[]): void {
    this.#writers.driftReports.append(encodeDriftReports(rows), rows.length);
    this.#appended();
  }

  modelEvents(rows: readonly ModelEventRow[]): void {
    this.#writers.modelEvents.append(encodeModelEvents(rows), rows.length);
    this.#appended();
  }

  metrics(rows: readonly MetricRow[]): void {
    this.#writers.metrics.append(encodeMetrics(rows), rows.length);
    this.#appended();
  }

  columnProfiles(rows: readonly ColumnProfileRow[]): void {
    this.#writers.columnProfiles.append(encodeColumnProfiles(rows), rows.length);
    this.#appended();
  }

  audit(records: readonly AuditRecord[]): void {
    this.#writers.audit.append(encodeAudit(records), records.length);
    this.#appended();
  }

  readAudit(topology: string): AsyncIterable<readonly AuditRecord[]> {
    return readAudit(this.#database, topology);
  }

  async forget(source: EventSource, fromOffset: number): Promise<void> {
    await this.flush();
    await deleteFrom(this.#database, source, fromOffset);
  }

  async offsetsOf(source: EventSource, entity: EntityOfRows): Promise<readonly number[]> {
    return offsetsOfEntity(this.#database, source, entity);
  }

  async erase(source: EventSource, offsets: readonly number[]): Promise<ErasedHistory> {
    await this.flush();
    return eraseRows(this.#database, source, offsets);
  }

  /** Throws HISTORY_FAILED when the attempts are exhausted; the rows stay buffered and are sent later. */
  async flush(): Promise<void> {
    await this.#sender.flush();
  }

  /** Reads the tables, without buffered rows: flush first. */
  async trainingSet(query: TrainingSetQuery): Promise<TrainingSet> {
    return readTrainingSet(this.#database, query);
  }

  async recentVectors(query: RecentVectorsQuery): Promise<RecentVectors> {
    return readRecentVectors(this.#database, query);
  }

  async eventOffsetForTime(source: EventSource, timestampMs: number): Promise<number | null> {
    return firstEventSince(this.#database, source, timestampMs);
  }

  async holdsEvents(source: EventSource, from: number, to: number): Promise<boolean> {
    return holdsEvents(this.#database, source, from, to);
  }

  readEvents(source: EventSource, from: number, to: number): AsyncIterable<RawBatch> {
    return readEvents(this.#database, source, from, to);
  }

  /** Rows of any query, as objects; `{name:Type}` in the SQL takes its value from `params`. */
  async query<T>(sql: string, params: QueryParams = {}): Promise<T[]> {
    return this.#database.rows<T>(sql, params);
  }

  async ping(): Promise<void> {
    await this.#database.rows('SELECT 1', {});
  }

  /** Sends the buffered rows as far as the store accepts them, and closes. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#sender.stop();
    await this.#database.close();
  }

  /** A full block is sent at once, a partial one after HISTORY_BLOCK_MS_MAX. */
  #appended(): void {
    this.#telemetry?.gauge('history_rows_buffered', this.bufferedRows);
    if (this.#sender.isDue) this.#sender.wake();
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#sender.closeOpen();
      this.#sender.wake();
    }, HISTORY_BLOCK_MS_MAX).unref();
  }
}
