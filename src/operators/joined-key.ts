// Keys of several columns as one string: no two combinations of values share one.

export const KEY_SEPARATOR = '|';
const ESCAPE = '\\';

/** A value as a part of a key: `|` and `\` in it are preceded by `\`. */
export function keyPart(value: string): string {
  return value.includes(KEY_SEPARATOR) || value.includes(ESCAPE)
    ? value.replaceAll(/[\\|]/g, (character) => ESCAPE + character)
    : value;
}

/**
 * A single value is the key as it is; several are joined by `|`, each as a part. Half of a surrogate pair, which no UTF-8 has,
 * becomes U+FFFD, as in the store and the log: keys that are one there are one in memory too.
 */
export function joinKey(values: readonly string[]): string {
  const joined = values.length === 1 ? (values[0] as string) : values.map(keyPart).join(KEY_SEPARATOR);
  return joined.toWellFormed();
}
