// Port: who gets predictions at once, before they are committed (WebSocket subscribers). At least once, same id.
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';

export interface PredictionFeed {
  predictions(topology: string, block: PredictionBlock): void;
  labels(topology: string, block: LabelBlock): void;
}
