// A record batch of a fetch response (types alone): its header, and its records as bytes.
import type { BatchFault } from './batch-fault.ts';

export interface StoredBatch {
  readonly baseOffset: number;
  /** Of the batch as it was written: compaction may have removed this record, or all records. */
  readonly lastOffset: number;
  readonly codec: number;
  readonly isTransactional: boolean;
  /** Whether it marks the end of a transaction of its producer. */
  readonly isControl: boolean;
  readonly producerId: bigint;
  readonly baseTimestampMs: number;
  /** The time of all records if the topic uses the broker's time; null if they have their own. */
  readonly appendTimeMs: number | null;
  readonly count: number;
  /** As received, compressed or not; a view. */
  readonly records: Buffer;
  /** Why its records cannot be read; null if they may be. The other fields are then what the header claims. */
  readonly fault: BatchFault | null;
}
