// The history port on node:sqlite (control path; its loops run once a batch): the default where neither ClickHouse nor
// chdb is in use. It serves training sets and the archive of a source; analytics need ClickHouse.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RawBatch } from '../../core/batch.ts';
import { NO_MODEL, type FeatureBlock, type LabelBlock, type PredictionBlock } from '../../core/blocks.ts';
import type { ColumnProfileRow, DriftReportRow, MetricRow, ModelEventRow } from '../../core/reports.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { AuditRecord } from '../../ports/audit.ts';
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
import { AuditTable } from './audit-table.ts';
import { entitiesOf } from './entities.ts';
import { eraseRows, offsetsOfEntity } from './erase-rows.ts';
import { EventArchiveTable } from './event-archive.ts';
import { addColumns, HISTORY_TABLES, prepareHistory, type HistoryStatements } from './history-statements.ts';
import { inTransaction, openSqlite, sqliteError } from './sqlite.ts';
import { assemble, assembleVectors, identitiesOf } from './training-rows.ts';

/**
 * Opens or creates the file; `:memory:` keeps all of it in memory. Throws HISTORY_UNAVAILABLE for a full disk and the like,
 * CONFIG_INVALID for a file that cannot be used, DATA_INVALID for one that is damaged.
 */
export class SqliteHistory implements History {
  readonly #where: string;
  readonly #db: DatabaseSync;
  readonly #statements: HistoryStatements;
  readonly #archive: EventArchiveTable;
  readonly #audit: AuditTable;
  readonly #sources = new Map<string, number>();
  /** Rows are written when they arrive, a block in one transaction. */
  readonly bufferedRows = 0;

  constructor({ path }: { readonly path: string }) {
    this.#where = path;
    try {
      this.#db = openSqlite(path, HISTORY_TABLES);
      addColumns(this.#db);
      this.#statements = prepareHistory(this.#db);
      this.#archive = new EventArchiveTable(this.#db);
      this.#audit = new AuditTable(this.#db);
    } catch (error) {
      throw sqliteError(error, 'HISTORY', 'open the history', path);
    }
  }

  predictions(topology: string, block: PredictionBlock): void {
    this.#vectors(topology, block, block);
  }

  features(topology: string, block: FeatureBlock): void {
    this.#vectors(topology, block, null);
  }

  /** @param scored null: nothing has scored them */
  #vectors(topology: string, block: FeatureBlock, scored: PredictionBlock | null): void {
    const source = this.#source(topology, block.origin);
    const { offsets, eventTimeMs, keys, features, width } = block;
    const bytes = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
    const vectorBytes = width * Float32Array.BYTES_PER_ELEMENT;
    this.#write(() => {
      for (let i = 0; i < block.count; i++) {
        this.#statements.prediction.run(
          source,
          offsets[i] as number,
          eventTimeMs[i] as number,
          keys[i] as string,
          scored === null ? null : (scored.scores[i] as number),
          orNull(scored?.shadowScores?.[i]),
          scored?.flags[i] ?? 0,
          scored?.version ?? NO_MODEL,
          bytes.subarray(i * vectorBytes, (i + 1) * vectorBytes),
          entitiesOf(block, i),
        );
      }
    });
  }

  labels(topology: string, block: LabelBlock): void {
    const source = this.#source(topology, block.origin);
    this.#write(() => {
      for (let i = 0; i < block.count; i++) {
        this.#statements.label.run(
          source,
          block.predictionOffsets[i] as number,
          block.labelOffsets[i] as number,
          block.predictionTimeMs[i] as number,
          block.labelTimeMs[i] as number,
          orNull(block.labels[i]),
          block.scores[i] as number,
          block.revisions?.numbers[i] ?? 0,
        );
      }
    });
  }

  events(topology: string, rows: EventRows): void {
    const source = this.#source(topology, rows.raw.origin);
    this.#write(() => this.#archive.append(source, rows));
  }

  driftReports(rows: readonly DriftReportRow[]): void {
    this.#reports(
      this.#statements.driftReport,
      rows,
      ({ topology, fromMs, toMs, version, feature, detector }) => [
        topology,
        fromMs,
        toMs,
        version,
        feature,
        detector,
      ],
    );
  }

  modelEvents(rows: readonly ModelEventRow[]): void {
    const identity = ({ topology, atMs, kind, version }: ModelEventRow): unknown[] => [
      topology,
      atMs,
      kind,
      version,
    ];
    this.#reports(this.#statements.modelEvent, rows, identity);
  }

  metrics(rows: readonly MetricRow[]): void {
    this.#reports(this.#statements.metric, rows, ({ topology, atMs, name, labels }) => [
      topology,
      atMs,
      name,
      Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
  }

  columnProfiles(rows: readonly ColumnProfileRow[]): void {
    this.#write(() => {
      for (const { registers, ...row } of rows) {
        const { topology, topic, partition, column, fromMs } = row;
        const id = JSON.stringify([topology, topic, partition, column, fromMs]);
        const profile = { ...row, registers: Buffer.from(registers).toString('base64') };
        this.#statements.columnProfile.run(id, row.rows, JSON.stringify(profile));
      }
    });
  }

  audit(records: readonly AuditRecord[]): void {
    this.#write(() => this.#audit.append(records));
  }

  readAudit(topology: string): AsyncGenerator<readonly AuditRecord[]> {
    return this.#audit.read(topology, (work) => this.#try('read the audit log', work));
  }

  #reports<Row>(insert: StatementSync, rows: readonly Row[], identity: (row: Row) => unknown[]): void {
    this.#write(() => {
      for (const row of rows) insert.run(JSON.stringify(identity(row)), JSON.stringify(row));
    });
  }

  describeFeatures(topology: string, names: readonly string[]): void {
    this.#write(() => this.#statements.featureSet.run(topology, JSON.stringify(names)));
  }

  async forget(source: EventSource, fromOffset: number): Promise<void> {
    const id = this.#source(source.topology, source);
    this.#write(() => {
      this.#statements.forgetPredictions.run(id, fromOffset);
      this.#statements.forgetLabels.run(id, fromOffset);
      this.#archive.forget(id, fromOffset);
    });
  }

  async offsetsOf(source: EventSource, entity: EntityOfRows): Promise<readonly number[]> {
    const id = this.#source(source.topology, source);
    return this.#try('find the rows of an entity', () => offsetsOfEntity(this.#db, id, entity));
  }

  async erase(source: EventSource, offsets: readonly number[]): Promise<ErasedHistory> {
    const id = this.#source(source.topology, source);
    return this.#try('erase rows', () => inTransaction(this.#db, () => eraseRows(this.#db, id, offsets)));
  }

  async flush(): Promise<void> {}

  async trainingSet(query: TrainingSetQuery): Promise<TrainingSet> {
    const { topology, fromMs, untilMs, width } = query;
    const predictedUntilMs = Math.min(untilMs, query.predictedUntilMs ?? untilMs);
    const bytes = width * Float32Array.BYTES_PER_ELEMENT;
    const rowsMax = Math.min(query.rowsMax, Number.MAX_SAFE_INTEGER);
    const given = { topology, fromMs, predictedUntilMs, bytes, rowsMax };
    const { trainingSet, unlabelledSet } = this.#statements;
    const kind = query.hasIdentities === true ? 'identified' : 'plain';
    const rows = this.#try('read a training set', () =>
      query.isLabelled ? trainingSet[kind].all({ ...given, untilMs }) : unlabelledSet[kind].all(given),
    ).reverse();
    const set = assemble(rows, width);
    return query.hasIdentities === true ? { ...set, identities: identitiesOf(rows) } : set;
  }

  async recentVectors({ topology, rowsMax, width }: RecentVectorsQuery): Promise<RecentVectors> {
    const given = { topology, bytes: width * Float32Array.BYTES_PER_ELEMENT, rowsMax };
    const rows = this.#try('read vectors', () => this.#statements.recentVectors.all(given));
    return assembleVectors(rows.reverse(), width);
  }

  async eventOffsetForTime(source: EventSource, timestampMs: number): Promise<number | null> {
    return this.#try('read the archive', () =>
      this.#archive.offsetForTime(this.#source(source.topology, source), timestampMs),
    );
  }

  async holdsEvents(source: EventSource, from: number, to: number): Promise<boolean> {
    return this.#try('read the archive', () =>
      this.#archive.holds(this.#source(source.topology, source), from, to),
    );
  }

  readEvents(source: EventSource, from: number, to: number): AsyncGenerator<RawBatch> {
    return this.#archive.read(this.#source(source.topology, source), source, from, to);
  }

  async ping(): Promise<void> {
    this.#try('answer a ping', () => this.#db.exec('SELECT 1'));
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }

  #source(topology: string, { topic, partition }: TopicPartition): number {
    const name = JSON.stringify([topology, topic, partition]);
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const id = this.#try('add a source', () => {
      this.#statements.openSource.run(topology, topic, partition);
      return Number(this.#statements.findSource.get(topology, topic, partition)?.['id']);
    });
    this.#sources.set(name, id);
    return id;
  }

  #write(rows: () => void): void {
    this.#try('write a block', () => inTransaction(this.#db, rows));
  }

  #try<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, 'HISTORY', what, this.#where);
    }
  }
}

/** SQLite has no NaN, which stands for null here. */
function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
