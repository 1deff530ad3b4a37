// What an epoch changed in keyed state (hot path fills it, once a barrier).

export interface StatePut {
  readonly key: string;
  readonly state: Uint8Array;
  /** The served feature vector, Float32 little-endian; null where the stage serves none. */
  readonly served: Uint8Array | null;
  readonly eventTimeMs: number;
  /** Event-time milliseconds that the key stays useful after `eventTimeMs`; null for as long as the store lives. */
  readonly ttlMs: number | null;
}

export interface StateAppend {
  readonly key: string;
  /** Added at the end of what the key holds. */
  readonly bytes: Uint8Array;
  readonly eventTimeMs: number;
  readonly ttlMs: number | null;
}

/** Keys are `<stage>:<key>`. Within one delta: deletes first, then puts, then appends, each in order. */
export interface StateDelta {
  readonly deletes: string[];
  readonly puts: StatePut[];
  readonly appends: StateAppend[];
  /** State of a whole stage that has no key (counters, say), by stage id. Small: it is written at every barrier. */
  readonly stages: Map<string, Uint8Array>;
}

export function emptyDelta(): StateDelta {
  return { deletes: [], puts: [], appends: [], stages: new Map() };
}
