// Delivers one partition's records to one subscriber (hot path): chunks by reference, one call per chunk.
import { defer, finalize, Observable, type Subscriber } from 'rxjs';
import type { RawBatch, UnreadableRows } from '../../core/batch.ts';
import { MillraceError } from '../../core/errors.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { Chunk } from './log-chunk.ts';
import type { PartitionLog } from './log-partition.ts';

/** Chunks delivered before timers and sockets get their turn. */
const CHUNKS_PER_TURN_MAX = 8;

function rawBatchOf(log: PartitionLog, chunk: Chunk): RawBatch {
  return {
    origin: log.origin,
    count: chunk.offsets.length,
    offsets: chunk.offsets,
    timestampMs: chunk.timestampMs,
    keys: chunk.keys,
    values: chunk.values,
    offsetNext: chunk.endOffset,
    highWatermark: log.high,
    receivedAtMs: performance.now(),
    ...(chunk.fault === undefined ? {} : { unreadable: [unreadable(chunk.offsets.length, chunk.fault)] }),
  };
}

function unreadable(to: number, message: string): UnreadableRows {
  return { from: 0, to, code: 'BATCH_UNREADABLE', message };
}

/** Reads from `position` until `stop`; emits nothing while paused. */
export class LogReader {
  readonly #log: PartitionLog;
  #position: number;
  #paused = false;
  #stopped = false;
  #subscriber: Subscriber<RawBatch> | null = null;
  #turn: NodeJS.Immediate | null = null;
  #forget: (() => void) | null = null;

  constructor(log: PartitionLog, position: number) {
    this.#log = log;
    this.#position = position;
  }

  /** The records as an observable that can be subscribed to once; completes on `stop`. */
  records(): Observable<RawBatch> {
    return new Observable((subscriber) => {
      if (this.#stopped) {
        subscriber.complete();
        return;
      }
      this.#subscriber = subscriber;
      this.#forget = this.#log.onAppend(this.#schedule);
      subscriber.add(() => this.#release());
      this.#schedule();
    });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    const subscriber = this.#subscriber;
    this.#release();
    subscriber?.complete();
  }

  #release(): void {
    this.#forget?.();
    this.#forget = null;
    this.#subscriber = null;
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#turn = null;
  }

  readonly #schedule = (): void => {
    if (this.#turn === null && this.#subscriber !== null && !this.#paused)
      this.#turn = setImmediate(this.#pump);
  };

  readonly #pump = (): void => {
    this.#turn = null;
    for (let i = 0; i < CHUNKS_PER_TURN_MAX; i++) {
      const subscriber = this.#subscriber;
      if (subscriber === null || this.#paused) return;
      if (this.#position < this.#log.low) {
        subscriber.error(gone(this.#log, this.#position));
        return;
      }
      const chunk = this.#log.next(this.#position, Number.POSITIVE_INFINITY);
      if (chunk === null) return;
      this.#position = chunk.endOffset;
      subscriber.next(rawBatchOf(this.#log, chunk));
    }
    this.#schedule();
  };
}

/** The error of a reader whose records have been dropped. */
function gone(log: PartitionLog, offset: number): MillraceError {
  return new MillraceError(
    'LOG_CHANGED',
    `the log no longer holds offset ${offset}; it starts at ${log.low}`,
    {
      where: partitionName(log.origin),
      remedy: 'Start from the earliest offset, or keep more of the topic.',
    },
  );
}

/** @param open has the reader while it is subscribed to */
export function recordsFrom(
  log: PartitionLog,
  from: 'earliest' | 'latest' | number,
  open: Set<LogReader>,
): Observable<RawBatch> {
  return defer(() => {
    const end = from === 'earliest' ? log.low : log.high;
    const reader = new LogReader(log, typeof from === 'number' ? from : end);
    open.add(reader);
    return reader.records().pipe(finalize(() => open.delete(reader)));
  });
}

/** The records of a partition from `from` to `to` (exclusive) that are there now. */
export function* readOnce(
  log: PartitionLog,
  from: number,
  to: number,
  isClosed: () => boolean,
): Generator<RawBatch> {
  let position = from;
  while (position < to && !isClosed()) {
    if (position < log.low) throw gone(log, position);
    const chunk = log.next(position, to);
    if (chunk === null) return;
    position = chunk.endOffset;
    if (chunk.offsets.length > 0) yield rawBatchOf(log, chunk);
  }
}
