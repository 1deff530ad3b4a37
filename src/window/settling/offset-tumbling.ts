// Tumbling windows that do not begin at multiples of their size (control path).
import { MS_PER_SECOND } from '../../core/time.ts';
import { defineWindow } from '../define-window.ts';
import type { WindowSpec } from '../window.ts';
import { UnitState, type UnitClock } from './unit-state.ts';

interface OffsetTumblingParameters {
  readonly sizeMs: number;
  readonly offsetMs: number;
}

function clock({ sizeMs, offsetMs }: OffsetTumblingParameters): UnitClock {
  return {
    unitOf: (timeMs) => Math.floor((timeMs - offsetMs) / sizeMs),
    secondsOf: () => sizeMs / MS_PER_SECOND,
    beginningsIn: (ms) => Math.ceil(ms / sizeMs),
    mostMs: sizeMs,
  };
}

/** The window [k * size + offset, (k + 1) * size + offset) before that of the event. */
export const offsetTumbling: (parameters: OffsetTumblingParameters) => WindowSpec =
  defineWindow<OffsetTumblingParameters>({
    name: 'offset-tumbling',
    byPredicate: false,
    lengthMs: ({ sizeMs }) => sizeMs,
    memoryMs: ({ sizeMs }) => 2 * sizeMs,
    open: (windows, context) =>
      windows.map((window) => new UnitState(window, context, { clock: clock(window.parameters), back: 1 })),
  });
