// Rows of one table that are sent together (hot path fills it, once a batch).
import { randomUUID } from 'node:crypto';
import { HISTORY_ROW_BYTES } from '../../core/limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';

/** Where rows come from: a table's rows are told apart by source and ids. */
export interface RowSource extends TopicPartition {
  readonly topology: string;
}

/** What tells the rows of one source apart: an offset, and a second one where it is not enough. */
export interface RowIds {
  readonly offsets: Float64Array;
  readonly seconds: Float64Array | null;
  /** The order in which every owner of the source makes the rows; null for that of the offsets. */
  readonly positions: Float64Array | null;
}

export interface RowPart {
  readonly source: RowSource;
  readonly ids: RowIds;
  readonly bytes: Buffer;
}

/** The range of offsets that a block has of one source. */
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
  /** Insert token of rows without identity: a server drops a block whose token it knows. */
  readonly token: string = randomUUID();
  rows = 0;
  bytes = 0;
  readonly #bytes: Buffer[] = [];
  readonly #parts: RowPart[] = [];
  readonly #ranges = new Map<string, SourceRange>();

  /** Rows that need no identity: the table itself keeps one of each. */
  append(bytes: Buffer, rows: number): void {
    this.#bytes.push(bytes);
    this.rows += rows;
    this.bytes += bytes.length;
  }

  /** Rows of one source, their offsets in any order: labels that are given up name offsets of long ago. */
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

  /** Rows, or as many as its bytes would be of: a few large ones fill memory as well. */
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

  /** The rows whose ids are not in `held`, each once, source by source in the order that all make them in. */
  without(held: ReadonlySet<string>): readonly MissingRows[] {
    const seen = new Set(held);
    const missing = new Map<string, Row[]>();
    for (const { source, ids, bytes } of this.#parts) {
      const key = rowId(source, 0, null);
      const rows = missing.get(key) ?? [];
      missing.set(key, rows);
      const lines = bytes.toString('latin1').split('\n'); // bytes as they are; values have no line break: it is escaped
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

/** A task that went back to an earlier offset gives rows out of order. */
function rowsOfOne(rows: Row[]): MissingRows[] {
  rows.sort((a, b) => a.position - b.position || a.second - b.second);
  const [first] = rows;
  if (first === undefined) return [];
  const bytes = Buffer.from(rows.map(({ line }) => line).join(''), 'latin1');
  return [{ first: first.id, rows: rows.length, bytes }];
}
