// A feature view, declared (control path).
import type { Aggregate } from '../window/definitions.ts';

/** Windowed aggregates by entity key. */
export interface View {
  /** String columns that make the entity key. */
  readonly key: readonly string[];
  readonly features: Readonly<Record<string, Aggregate>>;
}

/** @param key columns whose values, joined by `|` (`\|` within a value), are the entity */
export function view(key: readonly string[], features: Readonly<Record<string, Aggregate>>): View {
  return { key, features };
}
