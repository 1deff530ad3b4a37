// Ids of events, and how long the generations are kept that they are in (hot path).
import type { DictColumn } from '../core/batch.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { KEY_SEPARATOR, keyPart } from './joined-key.ts';

/** Generations before the newest that count: an event up to `withinMs` behind the newest one is checked exactly. */
export const GENERATIONS_BEFORE = 2;

/** The row's id by the columns; null if a part of it is null. */
export function eventId(columns: readonly DictColumn[], row: number): string | null {
  let key = '';
  for (let i = 0; i < columns.length; i++) {
    const { codes, dictionary } = columns[i] as DictColumn;
    const code = codes[row] as number;
    if (code === NULL_CODE) return null;
    const value = dictionary.decode(code) as string;
    if (columns.length === 1) return value;
    key = i === 0 ? keyPart(value) : key + KEY_SEPARATOR + keyPart(value);
  }
  return key;
}

/** When a generation ends, event time, and for how long after that it is of use, ms. */
export function keptForMs(
  index: number,
  withinMs: number,
): { readonly untilMs: number; readonly ttlMs: number } {
  return { untilMs: (index + 1) * withinMs, ttlMs: GENERATIONS_BEFORE * withinMs };
}
