// Which events of a partition are of erased entities (hot path: one comparison a batch, once the partition has passed the
// offsets that the erasures cover; before that one look-up a row).
import { createHash } from 'node:crypto';
import type { Batch } from '../../core/batch.ts';
import { NULL_CODE, type Dictionary } from '../../core/dictionary.ts';
import { KeyColumn } from '../../operators/key-column.ts';

/** Names an entity in records that outlive its erasure: SHA-256, hexadecimal. */
export function entityDigest(topology: string, entity: string): string {
  return createHash('sha256').update(`millrace erasure\n${topology}\n${entity}`).digest('hex');
}

export class ErasedRows {
  readonly #topology: string;
  readonly #column: KeyColumn;
  /** By digest: events at lower offsets are erased. */
  readonly #below: ReadonlyMap<string, number>;
  readonly #end: number;
  #dictionary: Dictionary | null = null;
  /** The same by code of the dictionary, as far as it was looked up. */
  #belowOf: number[] = [];

  /** @param column the source's entity column */
  constructor(topology: string, column: string, below: ReadonlyMap<string, number>) {
    this.#topology = topology;
    this.#column = new KeyColumn(column);
    this.#below = below;
    let end = 0;
    for (const offset of below.values()) end = Math.max(end, offset);
    this.#end = end;
  }

  /** Whether an event of the entity is erased at this offset. */
  has(entity: string, offset: number): boolean {
    return offset < this.#end && offset < this.#belowEntity(entity);
  }

  #belowEntity(entity: string): number {
    return this.#below.get(entityDigest(this.#topology, entity)) ?? 0;
  }

  /** By row of a batch whose sensitive columns are treated; undefined if no row is erased. */
  of(batch: Batch): Uint8Array | undefined {
    const { offsets, size } = batch;
    if (size === 0 || (offsets[0] as number) >= this.#end) return undefined;
    const { codes, dictionary } = this.#column.of(batch);
    if (this.#dictionary !== dictionary) {
      this.#dictionary = dictionary;
      this.#belowOf = [];
    }
    let erased: Uint8Array | undefined;
    for (let row = 0; row < size; row++) {
      const code = codes[row] as number;
      if (code === NULL_CODE) continue;
      const below = (this.#belowOf[code] ??= this.#belowEntity(dictionary.decode(code) as string));
      if ((offsets[row] as number) >= below) continue;
      erased ??= new Uint8Array(size);
      erased[row] = 1;
    }
    return erased;
  }
}
