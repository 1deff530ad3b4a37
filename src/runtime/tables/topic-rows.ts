// Records of a topic as rows of a table (control path, once some records): a record with a value puts a row, one without
// deletes, and one that is neither is quarantined. A topic of a million rows takes seconds, in turns of the event loop.
import { setImmediate } from 'node:timers/promises';
import { isNullAt, type Batch, type NumberColumn, type RawBatch } from '../../core/batch.ts';
import type { RecordFault } from '../../core/column-builder.ts';
import { BATCH_ROWS_MAX, EVENT_TIME_MS_MAX, EVENT_TIME_MS_MIN } from '../../core/event-limits.ts';
import { TABLE_TURN_MS, TRUNCATIONS_MAX } from '../../core/table-limits.ts';
import type { VersionedRows } from '../../core/tables/versioned-rows.ts';
import { KeyColumn } from '../../operators/key-column.ts';
import type { DeletionColumn } from '../../ports/format.ts';
import type { Quarantine, RecordFault as Fault } from '../../ports/quarantine.ts';
import { quarantineRow } from '../own-records.ts';
import type { SourceDecoder } from '../task/source-decoder.ts';
import { EarlyDeletions } from './early-deletions.ts';
import { RecordKeys } from './record-keys.ts';
import type { TableStore } from './table-store.ts';

/** The time of what counts for every event. */
const EVER = Number.NEGATIVE_INFINITY;
/** Keys between two looks at the clock. */
const KEYS_A_LOOK = 2_048;

export interface TopicRowsParts {
  readonly store: TableStore;
  readonly decoder: SourceDecoder;
  /** The column that says that a row was deleted; null for a format without one. */
  readonly deletion: DeletionColumn | null;
  /** Columns that a row must have. */
  readonly required: readonly string[];
  readonly quarantine: Quarantine;
}

export class TopicRows {
  readonly #parts: TopicRowsParts;
  readonly #key: KeyColumn;
  rows: VersionedRows;
  #recordKeys = new RecordKeys();
  readonly #early = new EarlyDeletions();
  /** When all rows were deleted, in the order of the records. */
  readonly #truncations: number[] = [];
  /** Records are taken one batch after the other, whichever partitions they are of. */
  #taken: Promise<void> = Promise.resolve();
  #turnEndMs = 0;

  constructor(parts: TopicRowsParts) {
    this.#parts = parts;
    this.#key = new KeyColumn(parts.store.table.key);
    this.rows = parts.store.empty();
  }

  /** @throws TABLE_TOO_LARGE */
  take(raw: RawBatch): Promise<void> {
    const taken = this.#taken.then(() => this.#take(raw));
    this.#taken = taken.catch(() => undefined); // its caller has it
    return taken;
  }

  async #take(raw: RawBatch): Promise<void> {
    const { decoder, store } = this.#parts;
    await decoder.prepare(raw);
    for (let from = 0; from < raw.count; from += BATCH_ROWS_MAX) {
      const to = Math.min(raw.count, from + BATCH_ROWS_MAX);
      const { batch, faults } = decoder.decode(raw, from, to);
      await this.#apply(raw, from, to, batch, faults);
      if (this.rows.isWasteful) await this.#compact();
      const { versions, bytes } = this.rows;
      store.check({ versions, bytes: bytes + this.#recordKeys.bytes });
      await this.#breathe();
    }
  }

  /** Ends the turn of the event loop if it has taken long. */
  async #breathe(): Promise<void> {
    if (performance.now() < this.#turnEndMs) return;
    await setImmediate();
    this.#turnEndMs = performance.now() + TABLE_TURN_MS;
  }

  /** In the order of the records. */
  async #apply(
    raw: RawBatch,
    from: number,
    to: number,
    batch: Batch,
    faults: readonly RecordFault[],
  ): Promise<void> {
    const { rawIndex, size } = batch;
    let row = 0;
    let fault = 0;
    for (let index = from; index < to; index++) {
      const isFault = faults[fault]?.index === index;
      if ((raw.values.starts[index] as number) < 0) this.#delete(raw, index);
      else if (isFault) this.#refuse(raw, index, faultOf(faults[fault] as RecordFault));
      else if (row < size && rawIndex[row] === index) {
        const operation = this.#operation(batch, row);
        if (operation !== null && operation === this.#parts.deletion?.all)
          await this.#truncate(this.#fromMs(raw, index, this.#timeOf(raw, index, batch, row)));
        else this.#put(raw, index, batch, row, operation);
      }
      if (isFault) fault += 1;
      if (row < size && rawIndex[row] === index) row += 1;
    }
  }

  #delete(raw: RawBatch, index: number): void {
    const key = raw.keys.at(index);
    if (key === null)
      return this.#refuse(raw, index, { reason: 'malformed', detail: 'it has neither key nor value' });
    const slot = this.#recordKeys.slotOf(key);
    const timeMs = this.#recordTime(raw, index);
    if (slot >= 0) this.rows.remove(slot, timeMs);
    else if (timeMs !== EVER && !this.#recordKeys.knows(key)) this.#early.add(key, timeMs);
  }

  #put(raw: RawBatch, index: number, batch: Batch, row: number, operation: string | null): void {
    const { codes, dictionary } = this.#key.of(batch);
    const key = dictionary.decode(codes[row] as number);
    if (key === undefined) return this.#refuse(raw, index, nullFault(this.#key.name));
    const isDeleted = operation !== null && operation === this.#parts.deletion?.value;
    const timeMs = this.#timeOf(raw, index, batch, row);
    if (!isDeleted) {
      const missing = this.#parts.required.find((name) => isNull(batch, name, row));
      if (missing !== undefined) return this.#refuse(raw, index, nullFault(missing));
      if (Number.isNaN(timeMs)) return this.#refuse(raw, index, this.#noTime());
    }
    const fromMs = this.#fromMs(raw, index, timeMs);
    const slot = this.rows.slotOf(key);
    const recordKey = raw.keys.at(index);
    if (recordKey !== null) {
      const before = this.#recordKeys.slotOf(recordKey);
      if (before >= 0 && before !== slot) this.rows.remove(before, fromMs);
      for (const deletedMs of this.#early.take(recordKey)) this.rows.remove(slot, deletedMs);
      this.#recordKeys.set(recordKey, slot);
    }
    if (isDeleted) this.rows.remove(slot, fromMs);
    else this.rows.put(slot, fromMs, batch.columns, row);
    for (const endMs of this.#truncations) if (endMs > fromMs) this.#end(slot, fromMs, endMs);
  }

  /** No key has a row from a time on. */
  async #truncate(timeMs: number): Promise<void> {
    this.#truncations.push(timeMs);
    if (this.#truncations.length > TRUNCATIONS_MAX) this.#truncations.shift();
    for (let slot = 0; slot < this.rows.keys.size; slot++) {
      if (this.rows.find(slot, timeMs) >= 0) this.rows.remove(slot, timeMs);
      if (slot % KEYS_A_LOOK === KEYS_A_LOOK - 1) await this.#breathe();
    }
  }

  /** Ends the version from `fromMs` at a truncation, unless another one is there by then. */
  #end(slot: number, fromMs: number, endMs: number): void {
    const version = this.rows.find(slot, fromMs);
    if (version >= 0 && this.rows.find(slot, endMs) === version) this.rows.remove(slot, endMs);
  }

  /** What a record of a format of changes does; null for others. */
  #operation({ columns }: Batch, row: number): string | null {
    const { deletion } = this.#parts;
    const column = deletion === null ? undefined : columns[deletion.column];
    if (column?.kind !== 'string') return null;
    return column.dictionary.decode(column.codes[row] as number) ?? null;
  }

  /** When a deletion counts from: of one without a time, that of its record. */
  #fromMs(raw: RawBatch, index: number, timeMs: number): number {
    return Number.isNaN(timeMs) ? this.#recordTime(raw, index) : timeMs;
  }

  /** NaN for a time column without an instant. */
  #timeOf(raw: RawBatch, index: number, { columns }: Batch, row: number): number {
    const { time, current } = this.#parts.store.table;
    if (current) return EVER;
    if (time === null) return this.#recordTime(raw, index);
    const timeMs = Math.floor((columns[time] as NumberColumn).values[row] as number); // its declaration says so
    return timeMs >= EVENT_TIME_MS_MIN && timeMs <= EVENT_TIME_MS_MAX ? timeMs : Number.NaN;
  }

  /** A record without a timestamp counts from ever. */
  #recordTime({ timestampMs }: RawBatch, index: number): number {
    const timeMs = timestampMs[index] as number;
    const isTime = timeMs >= 0 && timeMs <= EVENT_TIME_MS_MAX && !this.#parts.store.table.current;
    return isTime ? timeMs : EVER;
  }

  #noTime(): Fault {
    const { time } = this.#parts.store.table;
    return { reason: 'range', detail: `its time '${time}' is no instant between 1900 and 2300` };
  }

  #refuse(raw: RawBatch, index: number, fault: Fault): void {
    quarantineRow(this.#parts.quarantine, raw, index, fault);
  }

  async #compact(): Promise<void> {
    const moved = new Int32Array(this.rows.keys.size).fill(-1);
    const rows = await this.#inTurns(
      this.rows.compacting(
        () => true,
        (from, to) => {
          moved[from] = to;
        },
      ),
    );
    this.#recordKeys = await this.#inTurns(this.#recordKeys.moving(moved));
    this.rows = rows;
  }

  async #inTurns<T>(steps: Generator<void, T>): Promise<T> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      await this.#breathe();
    }
  }
}

function isNull({ columns }: Batch, name: string, row: number): boolean {
  const column = columns[name];
  if (column === undefined) return true;
  return isNullAt(column, row);
}

function nullFault(column: string): Fault {
  return { reason: 'malformed', detail: `its column '${column}' is null` };
}

function faultOf({ code, message }: RecordFault): Fault {
  const isUnknown = code === 'SCHEMA_UNKNOWN' || code === 'SCHEMA_INVALID';
  const reason = isUnknown ? 'version' : code === 'BATCH_TOO_LARGE' ? 'too_large' : 'malformed';
  return { reason, detail: message };
}
