// The job of the recovery bench (control path): each event says which count its key's window must have reached, so that
// a prediction proves by itself that the state behind it is the right one.
import {
  count,
  defineTopology,
  features,
  hours,
  numeric,
  score,
  sliding,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import { KeySlots } from '../../src/window/key-slots.ts';
import { ViewWindows } from '../../src/window/view-windows.ts';

export const PARTITIONS = 4;
export const START_MS: number = Date.UTC(2026, 0, 1);

const seen = count({ over: sliding(hours(1)) });

export const recoveryTopology: Topology = defineTopology({
  name: 'recovery',
  source: { topic: 'ticks', eventTime: 'time', partitions: PARTITIONS },
  stages: [
    watermarks({ allowedLatenessMs: 0 }),
    features('features', {
      when: {},
      fields: { expected: numeric('quantity') },
      views: { key: view(['key'], { seen }) },
    }),
    score('score', { key: 'id', fallback: 0.5 }),
  ],
});

/** Positions in the vector. */
export const EXPECTED = 0;
export const SEEN = 1;

export function keyOf(at: number): string {
  return `key-${at}`;
}

/** State key and blob of a key that was seen once, at START_MS. */
export function seenOnce(): { stateKey: (key: string) => string; blob: Uint8Array; ttlMs: number } {
  const windows = new ViewWindows([seen], { allowedLatenessMs: 0 });
  const slots = new KeySlots(windows);
  const slot = slots.obtain('any');
  windows.inputs.bind([Uint8Array.of(1)], []);
  windows.update(slot, 0, START_MS);
  return {
    stateKey: (key) => `features:key=${key}`,
    blob: windows.serialize(slot, START_MS),
    ttlMs: windows.ttlMs,
  };
}
