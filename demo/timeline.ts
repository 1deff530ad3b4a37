// The order of the demo's events (control path): a counting sort of every event by its minute, 4 + 4 bytes an event.

import type { FlightsDataset } from './dataset.ts';
import { eventTypes, flightEvent, flightEventMin, weatherEvent, type FlightEvent } from './flight-event.ts';
import { MS_PER_MINUTE } from '../src/core/time.ts';

/**
 * Every event of a dataset in event-time order. Events of one minute come as weather, scheduled, departed, arrived,
 * cancelled (so a flight's `scheduled` is before its other events); within a type by scheduled departure, then id.
 */
export interface Timeline {
  readonly eventCount: number;
  /** Minutes since the epoch, ascending. */
  readonly eventMin: Uint32Array;
  /** Index of the first event at or after an instant. */
  indexAt(eventTimeMs: number): number;
  /** The event at an index: a fresh object each time. */
  eventAt(index: number): FlightEvent;
}

// An entry names an event in 32 bits: its type's place in eventTypes, then its row.
const rowBits = 20;
const rowMask = 2 ** rowBits - 1;

export function createTimeline({ flights, weather }: FlightsDataset): Timeline {
  const entriesMax = weather.rowCount + flights.rowCount * (eventTypes.length - 1);
  const unsortedEntry = new Uint32Array(entriesMax);
  const unsortedMin = new Uint32Array(entriesMax);
  let eventCount = 0;
  for (const [place, type] of eventTypes.entries()) {
    const rowCount = type === 'weather' ? weather.rowCount : flights.rowCount;
    for (let row = 0; row < rowCount; row += 1) {
      const atMin = type === 'weather' ? (weather.hour[row] ?? 0) * 60 : flightEventMin(flights, row, type);
      if (atMin < 0) continue;
      unsortedEntry[eventCount] = (place << rowBits) | row;
      unsortedMin[eventCount] = atMin;
      eventCount += 1;
    }
  }
  const eventMin = new Uint32Array(eventCount);
  const entries = new Uint32Array(eventCount);
  sortByMinute(unsortedMin.subarray(0, eventCount), unsortedEntry, eventMin, entries);

  return {
    eventCount,
    eventMin,
    indexAt(eventTimeMs) {
      let low = 0;
      let high = eventCount;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((eventMin[middle] ?? 0) * MS_PER_MINUTE < eventTimeMs) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    eventAt(index) {
      const entry = entries[index] ?? 0;
      const type = eventTypes[entry >>> rowBits] ?? 'weather';
      const row = entry & rowMask;
      return type === 'weather'
        ? weatherEvent(weather, row)
        : flightEvent(flights, row, type, eventMin[index] ?? 0);
    },
  };
}

/** Counting sort: stable, so entries made in the order of ties stay in it. */
function sortByMinute(
  keys: Uint32Array,
  values: Uint32Array,
  keysInto: Uint32Array,
  valuesInto: Uint32Array,
): void {
  const first = keys.reduce((low, key) => Math.min(low, key), Number.MAX_SAFE_INTEGER);
  const last = keys.reduce((high, key) => Math.max(high, key), first);
  const next = new Uint32Array(last - first + 2); // where the next entry of a minute goes
  for (const key of keys) next[key - first + 1] = (next[key - first + 1] ?? 0) + 1;
  for (let minute = 1; minute < next.length; minute += 1)
    next[minute] = (next[minute] ?? 0) + (next[minute - 1] ?? 0);
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i] ?? 0;
    const to = next[key - first] ?? 0;
    next[key - first] = to + 1;
    keysInto[to] = key;
    valuesInto[to] = values[i] ?? 0;
  }
}
