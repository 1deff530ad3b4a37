// The engine that is killed and restarted (control path): reports its first correct prediction and every wrong one.
import { argument, tellParent } from '../child.ts';
import { openEngine, type Place } from '../engine/open.ts';
import { logisticModel } from '../jobs/standard.ts';
import { nowMicros } from '../latency/clock.ts';
import { EXPECTED, recoveryTopology, SEEN } from './job.ts';
import { liveSink } from '../../src/runtime/commit/live-sink.ts';

export interface RecoveryRequest {
  readonly place: Place;
  /** Predictions of events with this id or a later one count. */
  readonly fromId: number;
}

export type RecoveryMessage =
  | { readonly kind: 'started'; readonly atMicros: number }
  | { readonly kind: 'first'; readonly atMicros: number }
  | { readonly kind: 'wrong'; readonly key: string; readonly seen: number; readonly expected: number };

const tell: (message: RecoveryMessage) => void = tellParent;

const { place, fromId } = argument() as RecoveryRequest;
const width = recoveryTopology.features?.features.length ?? 0;
let isFirst = true;

await openEngine(place, recoveryTopology, logisticModel(width), [
  liveSink('checks', (block) => {
    for (let i = 0; i < block.count; i++) {
      const key = block.keys[i] as string;
      const expected = block.features[i * block.width + EXPECTED] as number;
      const seen = block.features[i * block.width + SEEN] as number;
      if (seen !== expected) tell({ kind: 'wrong', key, seen, expected });
      else if (isFirst && Number(key) >= fromId) {
        isFirst = false;
        tell({ kind: 'first', atMicros: nowMicros() });
      }
    }
  }),
]);
tell({ kind: 'started', atMicros: nowMicros() });
