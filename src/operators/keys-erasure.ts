// Removes the state that is found by the values of columns (control path): of erased entities, all keys that have the column
// of the entity. Keys of other columns keep what they have: it is of many entities.
import type { Batch } from '../core/batch.ts';
import { EntityKeys, NO_KEY } from './entity-keys.ts';
import type { ErasedEntities, StateErasure } from './erasure.ts';
import type { StateChanges } from './state-changes.ts';

/** Columns that make a key, and what precedes the key among those of its stage. */
export interface KeyColumns {
  readonly prefix: string;
  readonly key: readonly string[];
}

interface OpenKeys {
  readonly prefix: string;
  readonly keys: EntityKeys;
}

export class KeysErasure implements StateErasure {
  readonly #open: readonly OpenKeys[];
  readonly #found = new Set<string>();

  constructor(all: readonly KeyColumns[], { column, values }: ErasedEntities) {
    const ofEntity = all.filter(({ key }) => key.includes(column));
    this.#open = ofEntity.map(({ prefix, key }) => ({ prefix, keys: new EntityKeys(key) }));
    // The log may have lost the events that the state began with.
    for (const { prefix, key } of ofEntity)
      if (key.length === 1) for (const value of values) this.#found.add(prefix + value);
  }

  collect(batch: Batch): void {
    for (const { prefix, keys } of this.#open) {
      keys.bind(batch);
      for (const row of batch.rows) {
        const id = keys.idOf(row);
        if (id !== NO_KEY) this.#found.add(prefix + keys.nameOf(id));
      }
    }
  }

  keys(): Iterable<string> {
    return this.#found;
  }

  strip(key: string, _blob: Uint8Array, changes: StateChanges): void {
    changes.delete(key);
  }
}
