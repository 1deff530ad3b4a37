// What one pane holds and how panes merge (hot path). Slot 0 of a pane counts its updates; an accumulator's slots
// follow. Every function takes a slab and an index: no object an event.
import { momentsDeviation, momentsMerge, momentsUpdate } from '../core/moments.ts';
import { holds } from './definitions.ts';
import type { Accumulator, Output, Ring } from './pane-layout.ts';

/** Makes a pane (or a merge of panes) empty. */
export function clearPane(slab: Float64Array, at: number, ring: Ring): void {
  slab.fill(0, at, at + ring.width);
  for (const accumulator of ring.accumulators) {
    const slot = at + accumulator.at;
    if (accumulator.kind === 'min') slab[slot] = Number.POSITIVE_INFINITY;
    else if (accumulator.kind === 'max') slab[slot] = Number.NEGATIVE_INFINITY;
    else if (accumulator.kind === 'last') {
      slab[slot] = Number.NaN;
      slab[slot + 1] = Number.NEGATIVE_INFINITY;
    }
  }
}

/** Adds one event's value to one accumulator; NaN values are null and count for nothing but `count`. */
export function accumulate(
  slab: Float64Array,
  pane: number,
  to: Accumulator,
  raw: number,
  eventTimeMs: number,
): void {
  const at = pane + to.at;
  if (to.kind === 'count') {
    slab[at] = (slab[at] as number) + 1;
    return;
  }
  if (Number.isNaN(raw)) return;
  const value = raw < to.low ? to.low : raw > to.high ? to.high : raw;
  switch (to.kind) {
    case 'sum':
      slab[at] = (slab[at] as number) + value;
      return;
    case 'moments':
      momentsUpdate(slab, at, value);
      return;
    case 'min':
      if (value < (slab[at] as number)) slab[at] = value;
      return;
    case 'max':
      if (value > (slab[at] as number)) slab[at] = value;
      return;
    case 'last':
      if (eventTimeMs >= (slab[at + 1] as number)) {
        slab[at] = value;
        slab[at + 1] = eventTimeMs;
      }
      return;
    case 'share':
      slab[at] = (slab[at] as number) + 1;
      if (to.test !== null && holds(to.test, value)) slab[at + 1] = (slab[at + 1] as number) + 1;
      return;
  }
}

/** Merges the pane at `from` into the one at `to`. Panes are merged in ascending time, so `last` is the later one. */
export function mergePane(to: Float64Array, at: number, from: Float64Array, pane: number, ring: Ring): void {
  to[at] = (to[at] as number) + (from[pane] as number);
  for (const accumulator of ring.accumulators) {
    const a = at + accumulator.at;
    const b = pane + accumulator.at;
    switch (accumulator.kind) {
      case 'count':
      case 'sum':
        to[a] = (to[a] as number) + (from[b] as number);
        break;
      case 'moments':
        momentsMerge(to, a, from, b);
        break;
      case 'min':
        if ((from[b] as number) < (to[a] as number)) to[a] = from[b] as number;
        break;
      case 'max':
        if ((from[b] as number) > (to[a] as number)) to[a] = from[b] as number;
        break;
      case 'last':
        if ((from[b + 1] as number) >= (to[a + 1] as number)) {
          to[a] = from[b] as number;
          to[a + 1] = from[b + 1] as number;
        }
        break;
      case 'share':
        to[a] = (to[a] as number) + (from[b] as number);
        to[a + 1] = (to[a + 1] as number) + (from[b + 1] as number);
        break;
    }
  }
}

/** The value of a feature in a merged window. */
export function readOutput(slab: Float64Array, merged: number, output: Output): number {
  const at = merged + output.at;
  const first = slab[at] as number;
  switch (output.kind) {
    case 'count':
    case 'sum':
    case 'last':
      return first;
    case 'rate':
      return first / output.sizeSeconds;
    case 'mean':
      return first === 0 ? Number.NaN : (slab[at + 1] as number);
    case 'std':
      return momentsDeviation(slab, at);
    case 'min':
    case 'max':
      return Number.isFinite(first) ? first : Number.NaN;
    case 'share':
      return first === 0 ? Number.NaN : (slab[at + 1] as number) / first;
  }
}
