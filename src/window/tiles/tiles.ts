// Long windows by tiles, declared (control path).
import { defineWindow } from '../define-window.ts';
import type { WindowSpec } from '../window.ts';
import { tailMs, type TileParameters } from './tile-layout.ts';
import { TileState } from './tile-state.ts';

/** A sliding window by tiles of five minutes, an hour and a day. */
export const tiles: (parameters: TileParameters) => WindowSpec = defineWindow<TileParameters>({
  name: 'tiles',
  byPredicate: false,
  lengthMs: ({ sizeMs }) => sizeMs,
  memoryMs: ({ sizeMs }) => sizeMs + tailMs(sizeMs),
  open: (windows, context) => windows.map((window) => new TileState(window, context)),
});
