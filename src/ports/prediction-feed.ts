// Port: who gets predictions at once, before they are committed (WebSocket subscribers). At least once, same id.
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';
import type { TopicPartition } from '../core/topic-partition.ts';

export interface PredictionFeed {
  predictions(topology: string, block: PredictionBlock): void;
  labels(topology: string, block: LabelBlock): void;
  /**
   * What is out of a partition, whoever made it: predictions of source offsets up to `through`; null: none. Told when the
   * engine starts, and before each task of it: a task goes on from there, and what it gave of later offsets comes again.
   */
  begins?(topology: string, of: TopicPartition, through: number | null): void;
}
