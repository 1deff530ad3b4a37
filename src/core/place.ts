// The place of a row in its partition (hot path): one number, so that rows are ordered, compared and stored as events are.
// The place of an event is its offset. `flatten` makes several rows of one event; that of an item is
// offset + (item + 1) / 2^15: behind its event, and before what lies between the event and the next one.
import { LIST_ITEMS_MAX } from './limits.ts';

/** Items are below half of it, whatever LIST_ITEMS_MAX is: a test compares the two. */
export const PLACES_PER_OFFSET = 32_768;

/** Between two places of items of one event. */
export const BEHIND_PLACE: number = 1 / (2 * PLACES_PER_OFFSET);

/** The items of events at lower offsets have exact places, and exact places behind them: 53 bits less the 16 of the fraction. */
export const FLATTENED_OFFSET_MAX: number = 2 ** 37;

/** Digits of an item in an id, at most, with the point before it. */
export const ITEM_TEXT_LENGTH_MAX: number = 1 + String(LIST_ITEMS_MAX).length;

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
