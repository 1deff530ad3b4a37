// Which model a partition has taken (control path): it is committed with the group's offset, so that a command that promotes a
// model reads from the log which partitions have taken it, in any process.

/** What a partition scores with, and the newest model update that it has applied or refused. */
export interface TakenModel {
  /** Version of its champion, NO_MODEL before there is one. */
  readonly version: string;
  /** Offset of the update in the model-updates topic; NO_UPDATE before there is one. */
  readonly update: number;
  /** Why the engine refused that update; null if it did not. */
  readonly refused: string | null;
}

export const NO_UPDATE = -1;

/** Characters of a reason: brokers allow 4,096 bytes of metadata. */
const REASON_LENGTH_MAX = 300;

export function isSameModel(a: TakenModel | null, b: TakenModel | null): boolean {
  return a?.version === b?.version && a?.update === b?.update && a?.refused === b?.refused;
}

/** As part of the metadata of an offset. */
export function packTaken({ version, update, refused }: TakenModel): unknown[] {
  return [version, update, refused?.slice(0, REASON_LENGTH_MAX) ?? null];
}

/** Null for anything else than what `packTaken` returned. */
export function parseTaken(packed: unknown): TakenModel | null {
  if (!Array.isArray(packed)) return null;
  const [version, update, refused]: unknown[] = packed;
  if (typeof version !== 'string' || typeof update !== 'number') return null;
  return { version, update, refused: typeof refused === 'string' ? refused : null };
}
