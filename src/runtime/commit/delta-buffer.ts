// State that is committed in the log and not yet in the store (hot path, once per epoch and once per hydration).
import { emptyDelta, type StateAppend, type StateDelta, type StatePut } from '../../core/state-delta.ts';

/** Changes of a key, applied in this order: delete, put, appends. */
interface KeyChange {
  deleted: boolean;
  put: StatePut | null;
  appends: StateAppend[];
}

/** Merges consecutive deltas into one. */
export class DeltaBuffer {
  readonly #changes = new Map<string, KeyChange>();
  readonly #stages = new Map<string, Uint8Array>();

  add(delta: StateDelta): void {
    for (const key of delta.deletes) this.#changes.set(key, { deleted: true, put: null, appends: [] });
    for (const put of delta.puts) {
      const { deleted } = this.#change(put.key);
      this.#changes.set(put.key, { deleted, put, appends: [] });
    }
    for (const append of delta.appends) this.#change(append.key).appends.push(append);
    for (const [stage, blob] of delta.stages) this.#stages.set(stage, blob);
  }

  #change(key: string): KeyChange {
    const known = this.#changes.get(key);
    if (known !== undefined) return known;
    const change: KeyChange = { deleted: false, put: null, appends: [] };
    this.#changes.set(key, change);
    return change;
  }

  /** The key's state after these changes. @param before the state that they apply to; null if there is none */
  apply(key: string, before: Uint8Array | null): Uint8Array | null {
    const change = this.#changes.get(key);
    if (change === undefined) return before;
    const base = change.put?.state ?? (change.deleted ? null : before);
    if (change.appends.length === 0) return base;
    const parts = change.appends.map((append) => append.bytes);
    return Buffer.concat(base === null ? parts : [base, ...parts]);
  }

  toDelta(): StateDelta {
    const delta = emptyDelta();
    for (const [key, { deleted, put, appends }] of this.#changes) {
      if (deleted) delta.deletes.push(key);
      if (put !== null) delta.puts.push(put);
      for (const append of appends) delta.appends.push(append);
    }
    for (const [stage, blob] of this.#stages) delta.stages.set(stage, blob);
    return delta;
  }
}
