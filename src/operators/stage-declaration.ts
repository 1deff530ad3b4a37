// What a stage declares, name by name, so that a change says which part of it changed (control path).

/** `take.limit` for an option `take` with a part `limit`. */
export function named<T>(option: string, parts: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [`${option}.${name}`, part]));
}
