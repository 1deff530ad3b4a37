// The keys of one view and their slots (hot path): which key has which slot of the windows' states, which slots have
// changed since the last barrier, and which were used last.

/** The slot of keys without state: every window's state of it stays empty. */
export const EMPTY_SLOT = 0;

const NO_SLOT = -1;
const SLOTS_START = 64;
const FIRST_SLOT = EMPTY_SLOT + 1;

/** What keeps a state in each slot. */
export interface SlotStates {
  reserve(slots: number): void;
  clear(slot: number): void;
}

export class KeySlots {
  readonly #states: SlotStates;
  #lastTimeMs = new Float64Array(SLOTS_START);
  #dirty = new Uint8Array(SLOTS_START);
  /** Batch in which a slot was last used: what is evicted first. */
  #usedIn = new Float64Array(SLOTS_START);
  #batch = 0;
  #used = FIRST_SLOT;
  readonly #keys: string[] = [];
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #dirtySlots: number[] = [];
  /** Grows whenever slots are given back: slot caches made before are void. */
  evictions = 0;

  constructor(states: SlotStates) {
    this.#states = states;
    states.reserve(SLOTS_START);
    states.clear(EMPTY_SLOT);
  }

  get size(): number {
    return this.#slots.size;
  }

  has(key: string): boolean {
    return this.#slots.has(key);
  }

  /** Begins a batch: slots that are touched from now on count as used in it. */
  beginBatch(): void {
    this.#batch += 1;
  }

  /** Marks a slot as used in this batch. */
  touch(slot: number): void {
    this.#usedIn[slot] = this.#batch;
  }

  /** The slot of a key, or -1. */
  find(key: string): number {
    return this.#slots.get(key) ?? NO_SLOT;
  }

  /** The slot of a key; a new key gets an empty one. */
  obtain(key: string): number {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#dirty.length) this.#grow();
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#lastTimeMs[slot] = Number.NEGATIVE_INFINITY;
    this.#dirty[slot] = 0;
    this.#states.clear(slot);
    return slot;
  }

  #grow(): void {
    const slots = 2 * this.#dirty.length;
    const times = new Float64Array(slots);
    times.set(this.#lastTimeMs);
    this.#lastTimeMs = times;
    const dirty = new Uint8Array(slots);
    dirty.set(this.#dirty);
    this.#dirty = dirty;
    const usedIn = new Float64Array(slots);
    usedIn.set(this.#usedIn);
    this.#usedIn = usedIn;
    this.#states.reserve(slots);
  }

  /** Event time of the newest row of a slot; -Infinity where it has none. */
  lastTimeMs(slot: number): number {
    return this.#lastTimeMs[slot] as number;
  }

  /** A slot's state has taken a row in. */
  updated(slot: number, timeMs: number): void {
    if (timeMs > (this.#lastTimeMs[slot] as number)) this.#lastTimeMs[slot] = timeMs;
    if (this.#dirty[slot] === 0) {
      this.#dirty[slot] = 1;
      this.#dirtySlots.push(slot);
    }
  }

  /** A slot's state was read back from the store. */
  restored(slot: number, lastTimeMs: number): void {
    this.#lastTimeMs[slot] = lastTimeMs;
  }

  /** Calls back once for each key that changed since the last call, in order of first change. */
  drainDirty(each: (key: string, slot: number, lastTimeMs: number) => void): void {
    for (const slot of this.#dirtySlots) {
      if (this.#dirty[slot] === 0) continue;
      this.#dirty[slot] = 0;
      each(this.#keys[slot] as string, slot, this.#lastTimeMs[slot] as number);
    }
    this.#dirtySlots = [];
  }

  /** Forgets clean keys of which no query at or after `watermarkMs` can see anything. */
  evictExpired(watermarkMs: number, ttlMs: number): void {
    for (const [key, slot] of this.#slots) {
      if (this.#dirty[slot] === 0 && (this.#lastTimeMs[slot] as number) + ttlMs < watermarkMs)
        this.#forget(key, slot);
    }
  }

  /**
   * Forgets the least recently used clean keys until `keysMax` are left, dirty ones included. Between batches alone, when
   * what is clean is in the store: a batch must find what it was hydrated with.
   */
  evictTo(keysMax: number): void {
    const clean = [...this.#slots].filter(([, slot]) => this.#dirty[slot] === 0);
    clean.sort(([, a], [, b]) => (this.#usedIn[a] as number) - (this.#usedIn[b] as number));
    for (const [key, slot] of clean.slice(0, Math.max(0, this.#slots.size - keysMax)))
      this.#forget(key, slot);
  }

  /** Forgets a key. */
  forget(key: string): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#forget(key, slot);
  }

  #forget(key: string, slot: number): void {
    this.#slots.delete(key);
    this.#free.push(slot);
    this.evictions += 1;
  }
}
