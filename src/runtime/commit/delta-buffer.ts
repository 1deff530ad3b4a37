// State that is committed in the log and not in the store yet (hot path, once an epoch and once a hydration).
import { emptyDelta, type StateAppend, type StateDelta, type StatePut } from '../../core/state-delta.ts';

/** What became of a key: in the order deleted, put, appended to. */
interface KeyChange {
  deleted: boolean;
  put: StatePut | null;
  appends: StateAppend[];
}

/** Deltas one after the other as one. */
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
    const made: KeyChange = { deleted: false, put: null, appends: [] };
    this.#changes.set(key, made);
    return made;
  }

  /** The key's state given what lies below. */
  over(key: string, below: Uint8Array | null): Uint8Array | null {
    const change = this.#changes.get(key);
    if (change === undefined) return below;
    const base = change.put?.state ?? (change.deleted ? null : below);
    if (change.appends.length === 0) return base;
    const parts = change.appends.map((append) => append.bytes);
    return Buffer.concat(base === null ? parts : [base, ...parts]);
  }

  toDelta(): StateDelta {
    const delta = emptyDelta();
    for (const [key, { deleted, put, appends }] of this.#changes) {
      if (deleted) delta.deletes.push(key);
      if (put !== null) delta.puts.push(put);
      delta.appends.push(...appends);
    }
    for (const [stage, blob] of this.#stages) delta.stages.set(stage, blob);
    return delta;
  }
}
