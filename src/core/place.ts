// The place of a row in its partition (hot path): one number, so that rows are ordered, compared and stored as events are.
// The place of an event is its offset. `flatten` makes several rows of one event; that of an item is
// offset + (item + 1) / 2^15: behind its event, and before what lies between the event and the next one.
import { LIST_ITEMS_MAX } from './event-limits.ts';
import { digitCount, DIGITS_MAX, writeDigits } from './text-bytes.ts';

/** Items are below half of it, whatever LIST_ITEMS_MAX is: a test compares the two. */
export const PLACES_PER_OFFSET = 32_768;

/** Between two places of items of one event. */
export const BEHIND_PLACE: number = 1 / (2 * PLACES_PER_OFFSET);

/** The items of events at lower offsets have exact places, and exact places behind them: 53 bits less the 16 of the fraction. */
export const FLATTENED_OFFSET_MAX: number = 2 ** 37;

/** Digits of an item in an id, at most, with the point before it. */
export const ITEM_TEXT_LENGTH_MAX: number = 1 + String(LIST_ITEMS_MAX).length;

/** Bytes of `placeText`, at most. */
export const PLACE_TEXT_BYTES_MAX: number = DIGITS_MAX + ITEM_TEXT_LENGTH_MAX;

const POINT = 0x2e;

/** @param item index of the item, from 0 */
export function placeOfItem(offset: number, item: number): number {
  return offset + (item + 1) / PLACES_PER_OFFSET;
}

/** The offset of the event. */
export function offsetOfPlace(place: number): number {
  return Math.floor(place);
}

/** The index of the item, from 0; -1 for the event itself. */
export function itemOfPlace(place: number): number {
  return (place - Math.floor(place)) * PLACES_PER_OFFSET - 1;
}

/** A place at or before which all rows before this one are. */
export function placeBefore(place: number): number {
  return Number.isInteger(place) ? place - 1 : place - 1 / PLACES_PER_OFFSET;
}

/** `offset`, or `offset.item` for a row of an item: the end of a prediction's id. */
export function placeText(place: number): string {
  return Number.isInteger(place) ? String(place) : `${offsetOfPlace(place)}.${itemOfPlace(place)}`;
}

/** Writes what `placeText` returns, for which there must be room; returns the end position. */
export function writePlace(into: Uint8Array, at: number, place: number): number {
  const offset = offsetOfPlace(place);
  let end = writeDigits(into, at, offset, digitCount(offset));
  if (offset === place) return end;
  into[end++] = POINT;
  const item = itemOfPlace(place);
  return writeDigits(into, end, item, digitCount(item));
}

/** Whether a number is a place that an event, or an item of one, can have. */
export function isPlace(value: number): boolean {
  if (Number.isInteger(value)) return value >= 0 && Number.isSafeInteger(value);
  return value >= 0 && value < FLATTENED_OFFSET_MAX && Number.isInteger(value * PLACES_PER_OFFSET);
}

/** The place that a text ends with, behind a dash; NaN if it ends with none. */
export function placeAtEnd(text: string): number {
  const [, offset, item] = /-(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (offset === undefined) return Number.NaN;
  const place = item === undefined ? Number(offset) : placeOfItem(Number(offset), Number(item));
  return isPlace(place) ? place : Number.NaN;
}
