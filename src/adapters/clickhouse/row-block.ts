// Rows of one table that are sent together (hot path fills it, once a batch).
import { randomUUID } from 'node:crypto';
import { HISTORY_ROW_BYTES } from '../../core/history-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';

/** Where rows come from. Source and ids identify a row of a table. */
export interface RowSource extends TopicPartition {
  readonly topology: string;
}

/** Identifies the rows of one source: an offset, or the place of an item of the event, and a second one if one is not unique. */
export interface RowIds {
  readonly offsets: Float64Array;
  readonly seconds: Float64Array | null;
  /** The order in which every owner of the source computes the rows; null for the order of the offsets. */
  readonly positions: Float64Array | null;
}

export interface RowPart {
  readonly source: RowSource;
  readonly ids: RowIds;
  readonly bytes: Buffer;
}

/** The range of one source's offsets in a block. */
export interface SourceRange {
  readonly source: RowSource;
  min: number;
  max: number;
}

/** Rows of one source that the table lacks. */
export interface MissingRows {
  /** Id of the first one. */
  readonly first: string;
  readonly rows: number;
  readonly bytes: Buffer;
}

export function rowId(source: RowSource, offset: number, second: number | null): string {
  return JSON.stringify([source.topology, source.topic, source.partition, offset, second]);
}

export class RowBlock {
  /** Insert token of rows without ids: a server drops a block whose token it knows. */
  readonly token: string = randomUUID();
  rows = 0;
  bytes = 0;
  readonly #bytes: Buffer[] = [];
  readonly #parts: RowPart[] = [];
  readonly #ranges = new Map<string, SourceRange>();

  /** Rows without ids, of a table that removes duplicates by itself. */
  append(bytes: Buffer, rows: number): void {
    this.#bytes.push(bytes);
    this.rows += rows;
    this.bytes += bytes.length;
  }

  /** Rows of one source, in any order of their offsets: labels that time out have offsets of long ago. */
  appendPart(part: RowPart): void {
    const { source, ids } = part;
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const offset of ids.offsets) {
      if (offset < first) first = offset;
      if (offset > last) last = offset;
    }
    const key = rowId(source, 0, null);
    const range = this.#ranges.get(key);
    if (range === undefined) {
      this.#ranges.set(key, { source, min: first, max: last });
    } else {
      range.min = Math.min(range.min, first);
      range.max = Math.max(range.max, last);
    }
    this.#parts.push(part);
    this.append(part.bytes, ids.offsets.length);
  }

  /** The number of rows, or of average rows with as many bytes if that is more: a few large ones fill memory as well. */
  get weight(): number {
    return Math.max(this.rows, Math.ceil(this.bytes / HISTORY_ROW_BYTES));
  }

  get ranges(): readonly SourceRange[] {
    return [...this.#ranges.values()];
  }

  /** All rows. */
  get parts(): readonly Buffer[] {
    return this.#bytes;
  }

  /** The rows whose ids are not in `stored`, each once, source by source, in the order in which all owners compute them. */
  without(stored: ReadonlySet<string>): readonly MissingRows[] {
    const seen = new Set(stored);
    const missing = new Map<string, Row[]>();
    for (const { source, ids, bytes } of this.#parts) {
      const key = rowId(source, 0, null);
      const rows = missing.get(key) ?? [];
      missing.set(key, rows);
      const lines = bytes.toString('latin1').split('\n'); // one character per byte; line breaks in values are escaped
      for (let i = 0; i < ids.offsets.length; i++) {
        const offset = ids.offsets[i] as number;
        const second = ids.seconds?.[i] ?? null;
        const position = ids.positions?.[i] ?? offset;
        const id = rowId(source, offset, second);
        if (seen.has(id)) continue;
        seen.add(id);
        rows.push({ id, position, second: second ?? 0, line: `${lines[i]}\n` });
      }
    }
    return [...missing.values()].flatMap(rowsOfOne);
  }
}

interface Row {
  readonly id: string;
  readonly position: number;
  readonly second: number;
  readonly line: string;
}

/** A task that restarts from an earlier offset brings rows out of order. */
function rowsOfOne(rows: Row[]): MissingRows[] {
  rows.sort((a, b) => a.position - b.position || a.second - b.second);
  const [first] = rows;
  if (first === undefined) return [];
  const bytes = Buffer.from(rows.map(({ line }) => line).join(''), 'latin1');
  return [{ first: first.id, rows: rows.length, bytes }];
}
