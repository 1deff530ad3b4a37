// What suites of state stores commit.
import { emptyDelta, type StateDelta, type StatePut } from '../../src/core/state-delta.ts';
import type { Checkpoint } from '../../src/ports/state-store.ts';

export const HOUR_MS = 3_600_000;
export const T0: number = Date.UTC(2013, 0, 1);

let names = 0;
/** A topology that no earlier run has used: its state begins empty. */
export function fresh(): string {
  return `contract-${process.pid}-${Date.now().toString(36)}-${names++}`;
}

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
export const plain = (state: Uint8Array | null | undefined): number[] | null => (state ? [...state] : null);
export const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

export function put(key: string, state: Uint8Array, more: Partial<StatePut> = {}): StatePut {
  return { key, state, served: null, eventTimeMs: T0, ttlMs: null, ...more };
}

export function delta(parts: Partial<StateDelta>): StateDelta {
  return { ...emptyDelta(), ...parts };
}

export function checkpoint(epoch: number, more: Partial<Checkpoint> = {}): Omit<Checkpoint, 'stages'> {
  return {
    epoch,
    offsetNext: epoch * 100,
    watermarkMs: T0 + epoch * HOUR_MS,
    modelVersion: `v${epoch}`,
    ...more,
  };
}
