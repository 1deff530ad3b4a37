// A batched producer with durable answers (control path, once a request): what waits is written in one transaction, and what
// comes meanwhile goes into the next. So a request alone waits for one transaction, and many share it.
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { isCode, messageOf } from '../../core/errors.ts';
import { INGEST_CLOSE_MS_MAX, INGEST_COMMIT_BYTES_MAX } from '../../core/port-limits.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { LogRecord, RecordBlock, RecordWriter, WrittenRun } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

/** Records that are written together, by topic. */
export interface QueuedRecords {
  readonly blocks: ReadonlyArray<{ readonly topic: string; readonly block: RecordBlock }>;
  readonly records?: { readonly topic: string; readonly records: readonly LogRecord[] };
  readonly bytes: number;
}

/** First and last offset of a block's records; null if the log does not say them. */
export interface BlockOffsets extends TopicPartition {
  readonly first: number | null;
  readonly last: number | null;
}

interface Waiting {
  readonly queued: QueuedRecords;
  readonly resolve: (offsets: readonly BlockOffsets[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface RecordQueueParts {
  /**
   * Opens the writer, which fences the one before.
   * @param isFenced another process has the writer's id: it needs one of its own
   */
  readonly open: (isFenced: boolean) => Promise<RecordWriter>;
  readonly telemetry: Pick<Telemetry, 'raise' | 'clear'>;
  /** The topic, for the condition. */
  readonly where: string;
}

export class RecordQueue {
  readonly #parts: RecordQueueParts;
  #waiting: Waiting[] = [];
  #writer: Promise<RecordWriter> | null = null;
  #isFenced = false;
  #running: Promise<void> | null = null;

  constructor(parts: RecordQueueParts) {
    this.#parts = parts;
  }

  /** The writer: what the one before left open has ended. */
  async writer(): Promise<RecordWriter> {
    this.#writer ??= this.#parts.open(this.#isFenced);
    try {
      return await this.#writer;
    } catch (error) {
      this.#writer = null;
      throw this.#failed(error);
    }
  }

  /** Resolves when the log has the records: where each block's are. */
  write(queued: QueuedRecords): Promise<readonly BlockOffsets[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ queued, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Waits for what is being written, within INGEST_CLOSE_MS_MAX. */
  async close(): Promise<void> {
    if (this.#running !== null)
      await Promise.race([this.#running, sleep(INGEST_CLOSE_MS_MAX, undefined, { ref: false })]);
    const writer = await this.#writer?.catch(() => null);
    await writer?.close();
  }

  async #run(): Promise<void> {
    await setImmediate(); // what came in the same turn of the event loop
    while (this.#waiting.length > 0) {
      const together = this.#next();
      try {
        const offsets = await this.#commit(together);
        for (const [i, { resolve }] of together.entries()) resolve(offsets[i] ?? []);
        this.#parts.telemetry.clear('events_not_taken', this.#parts.where);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#running = null;
  }

  #next(): Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(({ queued }, i) => {
      bytes += queued.bytes;
      return i > 0 && bytes > INGEST_COMMIT_BYTES_MAX;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #commit(together: readonly Waiting[]): Promise<Array<readonly BlockOffsets[]>> {
    const writer = await this.writer();
    try {
      for (const { queued } of together) {
        for (const { topic, block } of queued.blocks) writer.append(topic, block);
        if (queued.records !== undefined) writer.append(queued.records.topic, queued.records.records);
      }
      const shares = new Shares(await writer.commitRecords());
      return together.map(({ queued }) =>
        queued.blocks.map(({ topic, block }) =>
          shares.take({ topic, partition: block.partition }, block.keys.length),
        ),
      );
    } catch (error) {
      // Whether the transaction was committed is not known: the next writer ends it, and nothing is written twice.
      this.#writer = null;
      this.#isFenced = isCode(error, 'FENCED');
      await writer.close();
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): unknown {
    this.#parts.telemetry.raise('events_not_taken', this.#parts.where, messageOf(error));
    return error;
  }
}

/** Deals the runs of a transaction out, in the order in which its records were appended. */
class Shares {
  readonly #runs: ReadonlyMap<string, WrittenRun[]>;

  constructor(runs: readonly WrittenRun[]) {
    this.#runs = Map.groupBy(runs, partitionName);
  }

  take(at: TopicPartition, count: number): BlockOffsets {
    const runs = this.#runs.get(partitionName(at)) ?? [];
    let first: number | null = null;
    let last: number | null = null;
    for (let left = count; left > 0;) {
      const run = runs.shift();
      if (run === undefined) break;
      const taken = Math.min(left, run.count);
      left -= taken;
      first ??= offsetOf(run, 0);
      last = offsetOf(run, taken - 1);
      if (taken < run.count)
        runs.unshift({ ...run, first: run.first < 0 ? -1 : run.first + taken, count: run.count - taken });
    }
    return { ...at, first, last };
  }
}

function offsetOf({ first }: WrittenRun, row: number): number | null {
  return first < 0 ? null : first + row;
}
