// The flags of predictions (hot path).
import type { Batch, FeatureMatrix } from '../core/batch.ts';
import { FLAG_ALERT, FLAG_CONTRACT_DEFAULTED, FLAG_CONTRACT_FLAGGED, FLAG_FALLBACK } from '../core/blocks.ts';
import { ROW_DEFAULTED, ROW_FLAGGED } from './contract.ts';

/** What the contract has said of the events of a matrix. */
export function contractFlags(batch: Batch, features: FeatureMatrix): Uint8Array {
  const flags = new Uint8Array(features.rowCount);
  if (batch.flags === null) return flags;
  for (let i = 0; i < features.rowCount; i++) {
    const rowFlags = batch.flags[features.rows[i] as number] as number;
    if ((rowFlags & ROW_FLAGGED) !== 0) flags[i] = (flags[i] as number) | FLAG_CONTRACT_FLAGGED;
    if ((rowFlags & ROW_DEFAULTED) !== 0) flags[i] = (flags[i] as number) | FLAG_CONTRACT_DEFAULTED;
  }
  return flags;
}

/** Flags the scores of a model from `alertsFrom` on. Returns how many there are. */
export function flagAlerts(scores: Float32Array, alertsFrom: number, flags: Uint8Array): number {
  let alerts = 0;
  for (let i = 0; i < flags.length; i++) {
    if ((scores[i] as number) < alertsFrom || ((flags[i] as number) & FLAG_FALLBACK) !== 0) continue;
    flags[i] = (flags[i] as number) | FLAG_ALERT;
    alerts += 1;
  }
  return alerts;
}
