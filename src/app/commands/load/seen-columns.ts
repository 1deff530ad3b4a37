// What the rows of a file have, where only they say it (control path): names that no column of the source takes, and columns
// that none of them has.
import { valueAlong } from '../../../core/file-values.ts';
import { listIn } from '../../../core/list-values.ts';
import { valueThere, type Place } from './place.ts';

/** Names that are kept, and their characters together: objects that are maps have a name for each entry. */
const NAMES_MAX = 1_000;
const CHARACTERS_MAX = 1_048_576;

export class SeenColumns {
  /** Of what no row has had so far. */
  #missing: Place[];
  /** With those of `unused`: a name costs one look-up. Null if rows do not name their values. */
  readonly #met: Set<string> | null;
  /** Names of rows that no column of the source takes, in the order in which they came. */
  readonly unused: string[] = [];
  #characters = 0;
  /** That have been read. */
  rows = 0;

  /**
   * @param places of columns that a row may have or not
   * @param known names of rows that the source takes; null if the file has named its columns
   */
  constructor(places: readonly Place[], known: ReadonlySet<string> | null) {
    this.#missing = [...places];
    this.#met = known === null ? null : new Set(known);
  }

  /** Whether there may be more of them than are kept. */
  get isCut(): boolean {
    return this.unused.length >= NAMES_MAX || this.#characters >= CHARACTERS_MAX;
  }

  /** Columns of the source that no row has had. */
  get absent(): readonly string[] {
    return this.rows === 0 ? [] : this.#missing.map(({ column }) => column.name);
  }

  add(values: readonly unknown[] | object): void {
    this.rows += 1;
    this.#findMissing(values);
    if (this.#met !== null && !this.isCut) this.#nameUnused(values, this.#met);
  }

  #nameUnused(values: object, met: Set<string>): void {
    for (const name in values) {
      if (met.has(name)) continue;
      met.add(name);
      this.unused.push(name);
      this.#characters += name.length;
      if (this.isCut) return;
    }
  }

  #findMissing(values: readonly unknown[] | object): void {
    for (const place of this.#missing) {
      if (!isIn(values, place)) continue;
      this.#missing = this.#missing.filter((one) => !isIn(values, one));
      return;
    }
  }
}

/** Whether a row has something, null included, where a column is. */
function isIn(values: readonly unknown[] | object, place: Place): boolean {
  const { name, index, path, list } = place;
  const value = valueThere(values, place);
  if (value === undefined) return index === null && path.length > 1 && Object.hasOwn(values, name);
  return list === null || list.inner.length === 0 || leadsOn(value, list);
}

/** Whether there is something in one of the items; of what is no list its cell says what is wrong. */
function leadsOn(value: unknown, list: NonNullable<Place['list']>): boolean {
  const items = listIn(value, { part: list.part, inner: [] });
  if (items === undefined) return true;
  return (items ?? []).some((item) => valueAlong(item, list.inner) !== undefined);
}
