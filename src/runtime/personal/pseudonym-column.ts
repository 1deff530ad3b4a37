// Pseudonyms of entities (hot path, once a batch): HMAC-SHA-256 by the entity's data key, so that the same entity has the same
// one, and nothing leads from it to the entity once the key is destroyed.
import { createHmac } from 'node:crypto';
import type { Batch } from '../../core/batch.ts';
import { Dictionary, NULL_CODE } from '../../core/dictionary.ts';
import { KeyColumn } from '../../operators/key-column.ts';
import type { DataKey } from './envelope.ts';
import type { EntityKeys } from './sensitive-batch.ts';

const CONTEXT = 'millrace pseudonym';
/** 132 bits: no two entities have the same. */
const LENGTH = 22;

export class PseudonymColumn {
  readonly #name: string;
  readonly #column: KeyColumn;
  readonly #keys: EntityKeys;
  readonly #known = new WeakMap<DataKey, string>();

  /** @param name of the column that says whose an event is */
  constructor(name: string, keys: EntityKeys) {
    this.#name = name;
    this.#column = new KeyColumn(name);
    this.#keys = keys;
  }

  of(batch: Batch): Batch {
    const { codes, dictionary } = this.#column.of(batch);
    const into = new Dictionary();
    const hidden = new Int32Array(codes.length).fill(NULL_CODE);
    for (const row of batch.rows) {
      const entity = dictionary.decode(codes[row] as number);
      if (entity !== undefined)
        hidden[row] = into.encode(this.#of(this.#keys.keyOf(entity, batch.offsets[row] as number)));
    }
    const column = { kind: 'string', codes: hidden, dictionary: into } as const;
    return { ...batch, columns: { ...batch.columns, [this.#name]: column } };
  }

  #of(key: DataKey): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = createHmac('sha256', key.key).update(CONTEXT).digest('base64url').slice(0, LENGTH);
    this.#known.set(key, made);
    return made;
  }
}
