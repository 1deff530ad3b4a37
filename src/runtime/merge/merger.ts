// Merges sources in the order of their watermarks (hot path): deterministic, as the order of two rows depends on the
// contents of their sources alone. A row's order key is the watermark of its source at the row, the source, and the row's
// offset there. It never falls within a source, so the merge is a total order of all rows; where events come in the order of
// time it is that order.
import type { TopicPartition } from '../../core/topic-partition.ts';
import { rowBytes, type MergedRuns } from './merged-runs.ts';
import { MergeSource, type QueuedGroup } from './merge-source.ts';
import type { GroupRows, RowGroup } from './row-group.ts';

/** Why a merge releases nothing more. */
export type Stop =
  | { readonly kind: 'empty' | 'full' }
  /** A row of this source may come before all that wait. */
  | { readonly kind: 'waits'; readonly source: MergeSource }
  /** The rows of the first group of this source are in the log alone. */
  | { readonly kind: 'unloaded'; readonly source: MergeSource };

export class Merger {
  /** By topic and partition: their rank. */
  readonly #sources: MergeSource[] = [];
  readonly #clock: () => number;
  #bytes = 0;
  #rows = 0;

  /** @param clock monotonic, ms */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get sources(): readonly MergeSource[] {
    return this.#sources;
  }

  /** Rows that wait. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes of the groups in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The source, which the merge knows and waits for from now on. */
  source(at: TopicPartition): MergeSource {
    let rank = 0;
    for (; rank < this.#sources.length; rank++) {
      const order = compare(this.#sources[rank] as MergeSource, at);
      if (order === 0) return this.#sources[rank] as MergeSource;
      if (order > 0) break;
    }
    const source = new MergeSource(at, this.#clock());
    this.#sources.splice(rank, 0, source);
    return source;
  }

  /** Forgets sources, with their rows that wait. */
  drop(isDropped: (source: MergeSource) => boolean): void {
    for (let rank = this.#sources.length - 1; rank >= 0; rank--) {
      const source = this.#sources[rank] as MergeSource;
      if (!isDropped(source)) continue;
      this.#sources.splice(rank, 1);
      this.#rows += source.released;
      for (const { count, rows, bytes } of source.groups) {
        this.#rows -= count;
        if (rows !== null) this.#bytes -= bytes;
      }
    }
  }

  /**
   * Takes a group that follows what was taken of its source.
   * @param place offset of its record
   * @param bytes of its record
   * @param released rows at its start that are released already
   */
  add(source: MergeSource, group: RowGroup, place: number, bytes: number, released = 0): void {
    const count = group.offsets.length;
    if (count <= released) return;
    if (source.head === undefined) source.released = released;
    source.push({ place, count, bytes, rows: group });
    this.#rows += count - released;
    this.#bytes += bytes;
  }

  /** A source's task has come this far. */
  heard(source: MergeSource, { offsetNext, watermarkMs }: RowGroup): void {
    source.progress = { offsetNext, watermarkMs };
    source.heardMs = this.#clock();
  }

  /** Adds to `out` what can be released, up to its bounds. */
  release(out: MergedRuns, rowsMax: number, bytesMax: number): Stop {
    while (this.#rows > 0) {
      if (out.count >= rowsMax || out.bytes >= bytesMax) return { kind: 'full' };
      const first = this.#least(-1);
      const source = this.#sources[first] as MergeSource;
      const { head } = source;
      if (head === undefined) return { kind: 'waits', source };
      if (head.rows === null) return { kind: 'unloaded', source };
      const second = this.#least(first);
      const boundMs = second < 0 ? Number.POSITIVE_INFINITY : keyOf(this.#sources[second] as MergeSource);
      const { released } = source;
      const wins = first < second;
      const rowsLeft = rowsMax - out.count;
      const to = runEnd(head.rows, released, boundMs, wins, rowsLeft, bytesMax - out.bytes);
      out.add(source, head.rows, released, to);
      this.#rows -= to - released;
      source.released = to;
      if (to === head.count) {
        this.#bytes -= head.bytes;
        source.shift();
      }
    }
    return { kind: 'empty' };
  }

  /** Rank of the source with the least key, besides one; -1 if there is none to wait for. */
  #least(besides: number): number {
    let least = -1;
    let leastMs = Number.POSITIVE_INFINITY;
    for (let rank = 0; rank < this.#sources.length; rank++) {
      const source = this.#sources[rank] as MergeSource;
      if (rank === besides || (source.isQuiet && source.head === undefined)) continue;
      const atMs = keyOf(source);
      if (least >= 0 && atMs >= leastMs) continue;
      least = rank;
      leastMs = atMs;
    }
    return least;
  }

  /** Where the first row that waits is; `end` if none does. */
  firstPlace(end: number): number {
    return this.#sources.reduce((place, { head }) => Math.min(place, head?.place ?? end), end);
  }

  /** Leaves the newest groups to the log where memory has more than `bytesMax` of them. */
  unload(bytesMax: number): void {
    if (this.#bytes <= bytesMax) return;
    const bytesKept = bytesMax / 2; // so that it does not search again with each group
    const loaded = this.#sources.flatMap(({ groups }) => groups.slice(1).filter(({ rows }) => rows !== null));
    loaded.sort((a, b) => b.place - a.place);
    for (const group of loaded) {
      if (this.#bytes <= bytesKept) return;
      group.rows = null;
      this.#bytes -= group.bytes;
    }
  }

  /** Groups that are in the log alone, by their place. */
  unloaded(): Map<number, QueuedGroup> {
    const missing = this.#sources.flatMap(({ groups }) => groups.filter(({ rows }) => rows === null));
    return new Map(missing.map((group) => [group.place, group]));
  }

  load(group: QueuedGroup, rows: GroupRows): void {
    group.rows = rows;
    this.#bytes += group.bytes;
  }
}

/** The watermark of the row that the source releases next, or at least that. */
function keyOf(source: MergeSource): number {
  return source.leastMs ?? Number.NEGATIVE_INFINITY;
}

/** End of the rows from `from` on that come before `boundMs`, or with it if `wins`; at least one. */
function runEnd(
  rows: GroupRows,
  from: number,
  boundMs: number,
  wins: boolean,
  rowsMax: number,
  bytesMax: number,
): number {
  const { watermarksMs } = rows;
  const end = Math.min(watermarksMs.length, from + rowsMax);
  let bytes = 0;
  let to = from;
  do {
    bytes += rowBytes(rows, to);
    to += 1;
  } while (to < end && bytes < bytesMax && comesBefore(watermarksMs[to] as number, boundMs, wins));
  return to;
}

function comesBefore(atMs: number, boundMs: number, wins: boolean): boolean {
  return wins ? atMs <= boundMs : atMs < boundMs;
}

function compare(a: TopicPartition, b: TopicPartition): number {
  if (a.topic === b.topic) return a.partition - b.partition;
  return a.topic < b.topic ? -1 : 1;
}
