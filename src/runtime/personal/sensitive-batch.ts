// Treats the sensitive columns of a batch (hot path, once per batch, between the decoder and the pipeline): no later part
// of the engine sees a plain value.
import type { Batch, Column, DictColumn } from '../../core/batch.ts';
import { Dictionary, NULL_CODE } from '../../core/dictionary.ts';
import { invariant } from '../../core/errors.ts';
import { KeyColumn } from '../../operators/key-column.ts';
import type { SourceOptions } from '../../topology/source.ts';
import { seal, SEALED_TEXT, type DataKey } from './envelope.ts';
import type { KeyedHash } from './keyed-hash.ts';

/** Data keys by entity; '' is what belongs to none. */
export interface EntityKeys {
  /** @param offset of the event */
  keyOf(entity: string, offset: number): DataKey;
}

/** One column's hashes: for each code of the decoder's dictionary the code of the hash. */
interface Hashed {
  readonly plain: Dictionary;
  readonly into: Dictionary;
  codes: Int32Array;
  /** Number of codes that have one. */
  count: number;
}

export class SensitiveBatches {
  readonly #topology: string;
  readonly #source: Pick<SourceOptions, 'sensitive' | 'entity'>;
  readonly #hash: KeyedHash | null;
  readonly #keys: EntityKeys;
  readonly #hashed = new Map<string, Hashed>();
  /** The texts of columns that are hashed or encrypted. */
  readonly #texts: ReadonlyMap<string, KeyColumn>;
  readonly #entity: KeyColumn | null;

  /** @param hash null if no column is hashed */
  constructor(
    topology: string,
    source: Pick<SourceOptions, 'sensitive' | 'entity'>,
    hash: KeyedHash | null,
    keys: EntityKeys,
  ) {
    this.#topology = topology;
    this.#source = source;
    this.#hash = hash;
    this.#keys = keys;
    this.#texts = new Map(Object.keys(source.sensitive ?? {}).map((name) => [name, new KeyColumn(name)]));
    this.#entity = entityColumn(source.entity);
  }

  /** The batch without its plain values. */
  treat(batch: Batch): Batch {
    const columns: Record<string, Column> = { ...batch.columns };
    const entries = Object.entries(this.#source.sensitive ?? {});
    for (const [name, treatment] of entries) {
      if (treatment === 'drop') delete columns[name];
      else if (treatment === 'hash')
        columns[name] = this.#hashes(name, this.#textsOf(name, batch), batch.size);
    }
    const treated = { ...batch, columns };
    const entities = entitiesOf(treated, this.#entity);
    for (const [name, treatment] of entries) {
      if (treatment === 'encrypt')
        columns[name] = this.#encrypted(name, this.#textsOf(name, batch), batch, entities);
    }
    return treated;
  }

  /** A number that is to be hidden has the text that it has as a key. */
  #textsOf(name: string, batch: Batch): DictColumn {
    const texts = this.#texts.get(name);
    invariant(texts !== undefined, `'${name}' is a sensitive column`);
    return texts.of(batch);
  }

  #hashes(name: string, { codes, dictionary }: DictColumn, size: number): DictColumn {
    let hashed = this.#hashed.get(name);
    if (hashed?.plain !== dictionary) {
      hashed = { plain: dictionary, into: new Dictionary(), codes: new Int32Array(0), count: 0 };
      this.#hashed.set(name, hashed);
    }
    this.#hashNew(hashed);
    const known = hashed.codes;
    const out = new Int32Array(size);
    for (let row = 0; row < size; row++) {
      const code = codes[row] as number;
      out[row] = code < 0 ? NULL_CODE : (known[code] as number);
    }
    return { kind: 'string', codes: out, dictionary: hashed.into };
  }

  /** Strings that the dictionary has got since the last batch. */
  #hashNew(hashed: Hashed): void {
    const { plain, into, count } = hashed;
    if (count >= plain.size) return;
    if (plain.size > hashed.codes.length) {
      const codes = new Int32Array(Math.max(plain.size, hashed.codes.length * 2));
      codes.set(hashed.codes);
      hashed.codes = codes;
    }
    for (let code = count; code < plain.size; code++)
      hashed.codes[code] = into.encode(this.#hash?.of(plain.decode(code) as string) ?? '');
    hashed.count = plain.size;
  }

  #encrypted(
    name: string,
    { codes, dictionary }: DictColumn,
    { size, offsets, origin }: Batch,
    entities: (row: number) => string,
  ): DictColumn {
    const context = fieldContext(this.#topology, origin.topic, name);
    const into = new Dictionary();
    const out = new Int32Array(size);
    for (let row = 0; row < size; row++) {
      const value = dictionary.decode(codes[row] as number);
      if (value === undefined) {
        out[row] = NULL_CODE;
        continue;
      }
      const key = this.#keys.keyOf(entities(row), offsets[row] as number);
      const sealed = seal(Buffer.from(value), key, context, `${origin.partition}-${offsets[row]}`);
      out[row] = into.encode(SEALED_TEXT + sealed.toString('base64url'));
    }
    return { kind: 'string', codes: out, dictionary: into };
  }
}

/** The column that says whose an event is; null if the source names none. */
export function entityColumn(entity: string | undefined): KeyColumn | null {
  return entity === undefined ? null : new KeyColumn(entity);
}

/** The entity of each row of a treated batch; '' if its column is null, or the source names none. */
export function entitiesOf(batch: Batch, entity: KeyColumn | null): (row: number) => string {
  if (entity === null) return () => '';
  const { codes, dictionary } = entity.of(batch);
  return (row) => dictionary.decode(codes[row] as number) ?? '';
}

/** What a sealed field is authenticated as. */
function fieldContext(topology: string, topic: string, column: string): string {
  return `${topology}\n${topic}\ncolumn ${column}`;
}
