// From which offset on a partition's state has all events (control path). While lost state is rebuilt, checkpoints are made
// of state that lacks events: what readers of the online store find there is no value.

/** The blob among those of the stages. No stage has this id. */
export const COMPLETE_STAGE = '~complete';

/** @param offset of the source: a checkpoint from there on is complete */
export function addCompleteFrom(stages: Map<string, Uint8Array>, offset: number): void {
  stages.set(COMPLETE_STAGE, Buffer.from(String(offset), 'latin1'));
}

/** The blob with the offset from which on predictions have right outcomes while lost state is rebuilt. */
export const OUTCOMES_STAGE = '~outcomes';

/**
 * @param offset of the source: whether a label had come before an earlier prediction is not known, and its outcome, which the history
 * has, would be another one
 */
export function addOutcomesFrom(stages: Map<string, Uint8Array>, offset: number): void {
  stages.set(OUTCOMES_STAGE, Buffer.from(String(offset), 'latin1'));
}

/** Null for state that has never been rebuilt, or if the blob is no offset. */
export function completeFrom(blob: Uint8Array | undefined): number | null {
  return offsetIn(blob);
}

/** 0 without the blob: each prediction's outcome counts. */
export function outcomesFrom(blob: Uint8Array | undefined): number {
  return offsetIn(blob) ?? 0;
}

function offsetIn(blob: Uint8Array | undefined): number | null {
  if (blob === undefined) return null;
  const offset = Number(Buffer.from(blob).toString('latin1'));
  return Number.isSafeInteger(offset) && offset >= 0 ? offset : null;
}

/** Whether a checkpoint lacks nothing of the events before its offset. */
export function isComplete(offsetNext: number, blob: Uint8Array | undefined): boolean {
  return offsetNext >= (completeFrom(blob) ?? 0);
}
