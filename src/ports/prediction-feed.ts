// Port: who gets predictions at once, before they are committed (WebSocket subscribers). At least once, same id.
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';
import type { TopicPartition } from '../core/topic-partition.ts';

export interface PredictionFeed {
  predictions(topology: string, block: PredictionBlock): void;
  labels(topology: string, block: LabelBlock): void;
  /** The partition has come to this engine: another may have had it meanwhile. */
  assigned?(topology: string, of: TopicPartition): void;
}
