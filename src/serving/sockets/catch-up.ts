// Resumes a client (control path): from memory, and from the log for what memory no longer has, until it joins the live
// stream.
import { parsePredictionId } from '../../core/blocks.ts';
import { placeBefore } from '../../core/place.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import { predictionsFrame, type PredictionRows } from './frames.ts';
import type { DeliveredBlock, PartitionTail } from './partition-tail.ts';
import type { FrameError } from './protocol.ts';
import type { Subscriber } from './subscriber.ts';

export interface ReplayRequest {
  readonly topology: string;
  /** Partition of the topology's input: its offsets are those of prediction ids. */
  readonly origin: TopicPartition;
  /** Exclusive. */
  readonly afterOffset: number;
  /** Exclusive; null: to the end of what is committed. */
  readonly beforeOffset: number | null;
}

/**
 * Reads predictions back from their topic, in ascending offset. If `beforeOffset` is set, it ends only when all
 * predictions below it are committed and yielded, or throws. Blocks are shared by all that ask, so that the first may begin
 * before what was asked for, and the last may end behind it.
 */
export type ReplayPredictions = (request: ReplayRequest, gone: AbortSignal) => AsyncIterable<PredictionRows>;

/** The newest offset of a partition that a client has; null: it continues with the first one delivered here. */
export type Cursor = number | null;

/**
 * The newest offset that the client has in each partition, from the ids that it names. For a partition that it does not
 * name, the client continues from the moment at which the newest named id was delivered here, or live if that is unknown.
 */
export function cursorsOf(tails: readonly PartitionTail[], after: readonly string[]): Cursor[] | FrameError {
  const named = new Map<number, number>();
  let sequence: number | null = null;
  for (const id of after) {
    const at = parsePredictionId(id);
    const tail = at === null ? undefined : tails[at.partition];
    if (at === null || tail === undefined || tail.origin.topic !== at.topic) {
      return {
        code: 'RESUME_ID_INVALID',
        message: `"after" names ${JSON.stringify(id)}, which is not a prediction id of this topology`,
        remedy:
          'Send the id of the last prediction received, unchanged; for several partitions, the last id of each.',
      };
    }
    named.set(at.partition, Math.max(at.offset, named.get(at.partition) ?? -1));
    const delivered = tail.sequenceOf(at.offset);
    if (delivered !== null && (sequence === null || delivered > sequence)) sequence = delivered;
  }
  return tails.map((tail, p) => {
    const offset = named.get(p) ?? (sequence === null ? tail.through : tail.offsetAt(sequence));
    return offset === -1 ? null : offset;
  });
}

export interface ResumeSource {
  /** Null: what memory no longer has cannot be sent. */
  readonly replay: ReplayPredictions | null;
  /** Resolves when the client may have its next block. */
  readonly turn: () => Promise<void>;
}

/**
 * Sends all predictions after the cursors. When the client has everything that was delivered, calls `join` in the same
 * tick, so that no block is delivered in between. Returns early if the client disconnects. Throws if the log cannot be
 * read.
 */
export async function catchUp(
  to: Subscriber,
  tails: readonly PartitionTail[],
  cursors: Cursor[],
  { replay, turn }: ResumeSource,
  join: () => void,
): Promise<void> {
  /** Tails that were empty when the log was read to its end, with their generation: after a reset the log is read again. */
  const readToEnd = new Map<PartitionTail, number>();
  let behind = true;
  while (behind) {
    behind = false;
    for (const [p, tail] of tails.entries()) {
      const { floor, begin, generation } = tail;
      const cursor = cursors[p] ?? (begin === null ? null : placeBefore(begin));
      if (cursor === null) continue;
      const missing = floor === null ? readToEnd.get(tail) !== generation : cursor < placeBefore(floor);
      if (missing) {
        if (floor === null) readToEnd.set(tail, generation);
        cursors[p] = await readBack(to, tail, cursor, { replay, turn });
      } else if (tail.after(cursor) !== null) {
        cursors[p] = await sendFromMemory(to, tail, cursor, turn);
      } else {
        continue;
      }
      behind = true;
      if (to.gone.aborted) return;
    }
  }
  to.resumed(cursors);
  join();
}

/** Sends the blocks in memory above the cursor; stops if the tail has dropped the next one. */
async function sendFromMemory(
  to: Subscriber,
  tail: PartitionTail,
  from: number,
  turn: () => Promise<void>,
): Promise<number> {
  let cursor = from;
  for (;;) {
    // The turn comes last: all that wait for their clients would send at once otherwise.
    await to.drained();
    await turn();
    if (to.gone.aborted || tail.floor === null || cursor < placeBefore(tail.floor)) return cursor;
    const block = tail.after(cursor);
    if (block === null) return cursor;
    const frame = frameOf(block, to.wants.key);
    cursor = block.rows.offsets[block.rows.count - 1] as number;
    if (frame !== null) to.send(frame);
  }
}

/** Encoded once for all clients that resume over a block: hundreds do so when a partition moves. */
const encoded = new WeakMap<PredictionRows, { readonly from: number; readonly frame: Uint8Array | null }>();

function frameOf(
  { rows, from }: Pick<DeliveredBlock, 'rows' | 'from'>,
  key: string | null,
): Uint8Array | null {
  if (key !== null) return predictionsFrame(rows, from, key);
  const known = encoded.get(rows);
  if (known?.from === from) return known.frame;
  const frame = predictionsFrame(rows, from, null);
  encoded.set(rows, { from, frame });
  return frame;
}

/** Sends the predictions in the log between the cursor and those in memory. */
async function readBack(
  to: Subscriber,
  tail: PartitionTail,
  from: number,
  { replay, turn }: ResumeSource,
): Promise<number> {
  if (replay === null) throw new Error('the predictions after the id are no longer in memory');
  const { origin, floor: beforeOffset } = tail;
  let cursor = from;
  const request: ReplayRequest = { topology: to.wants.topology, origin, afterOffset: from, beforeOffset };
  for await (const rows of replay(request, to.gone)) {
    await to.drained();
    await turn();
    let first = 0;
    while (first < rows.count && (rows.offsets[first] as number) <= cursor) first++;
    if (first === rows.count) continue;
    const frame = frameOf({ rows, from: first }, to.wants.key);
    cursor = rows.offsets[rows.count - 1] as number;
    if (frame !== null) to.send(frame);
    if (to.gone.aborted) return cursor;
  }
  return beforeOffset === null ? cursor : Math.max(cursor, placeBefore(beforeOffset));
}
