// Values of files that are more than a value (control path): what their type says of them decides which columns take them.

/** A time of day: the number that its type says, marked as none that an instant can be made of. */
export class TimeOfDay {
  /** Units of its type since midnight. */
  readonly units: number | bigint;

  constructor(units: number | bigint) {
    this.units = units;
  }

  /** Of the row as text. */
  toJSON(): number | string {
    return typeof this.units === 'bigint' ? String(this.units) : this.units;
  }
}

/** A value of a union of several types: a path may lead to it by the name of its type, or through it. */
export class UnionValue {
  readonly branch: string;
  readonly value: unknown;

  constructor(branch: string, value: unknown) {
    this.branch = branch;
    this.value = value;
  }

  /** Of the row as text. */
  toJSON(): unknown {
    return this.value;
  }
}

/** What a value has under a name; undefined for nothing. */
export function memberOf(value: unknown, name: string): unknown {
  if (value instanceof UnionValue) return value.branch === name ? value.value : memberOf(value.value, name);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name]; // it has it
}

/** What a value has at the end of a path of names; undefined for nothing. */
export function valueAlong(value: unknown, path: readonly string[]): unknown {
  let inner = value;
  for (const name of path) inner = memberOf(inner, name);
  return inner;
}
