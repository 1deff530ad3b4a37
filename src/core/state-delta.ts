// The changes of an epoch to keyed state (filled on the hot path, once per barrier).

export interface StatePut {
  readonly key: string;
  readonly state: Uint8Array;
  /** The served feature vector, Float32 little-endian; null if the stage serves none. */
  readonly served: Uint8Array | null;
  readonly eventTimeMs: number;
  /** Event time after `eventTimeMs` for which the key is needed, ms; null for no limit. */
  readonly ttlMs: number | null;
}

export interface StateAppend {
  readonly key: string;
  /** Appended to the key's value. */
  readonly bytes: Uint8Array;
  readonly eventTimeMs: number;
  readonly ttlMs: number | null;
}

/** Keys are `<stage>:<key>`. Within one delta: deletes first, then puts, then appends, each in order. */
export interface StateDelta {
  readonly deletes: string[];
  readonly puts: StatePut[];
  readonly appends: StateAppend[];
  /** Keyless state (such as counters) by stage id. Written at every barrier, so it must be small. */
  readonly stages: Map<string, Uint8Array>;
}

export function emptyDelta(): StateDelta {
  return { deletes: [], puts: [], appends: [], stages: new Map() };
}
