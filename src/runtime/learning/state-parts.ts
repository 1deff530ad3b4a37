// The state of the learning loop as named parts (control path). A part is written again only when it has changed, which its
// owner shows by returning other bytes: a snapshot of a year of quality costs as much as its last day.
import { exactJson, parseExactJson } from '../../core/exact-json.ts';

/** Bytes by name. Equal names have equal bytes as long as the part has not changed. */
export type StateParts = ReadonlyMap<string, Uint8Array>;

export function jsonPart(value: unknown): Uint8Array {
  return Buffer.from(exactJson(value));
}

/** The value of a part; undefined if there is no such part. */
export function partValue(parts: StateParts, name: string): unknown {
  const bytes = parts.get(name);
  return bytes === undefined ? undefined : parseExactJson(Buffer.from(bytes).toString());
}

/** Bytes of values that change one by one, remembered until they change. */
export class CachedParts {
  readonly #bytes = new Map<string, Uint8Array>();

  /** Called per label: the name is made only while there is something to forget. */
  changed(prefix: string, key: string | number): void {
    if (this.#bytes.size > 0) this.#bytes.delete(`${prefix}${key}`);
  }

  of(name: string, value: () => unknown): Uint8Array {
    let bytes = this.#bytes.get(name);
    if (bytes === undefined) this.#bytes.set(name, (bytes = jsonPart(value())));
    return bytes;
  }

  clear(): void {
    this.#bytes.clear();
  }
}
