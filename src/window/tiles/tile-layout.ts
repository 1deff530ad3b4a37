// From declared long windows to rings of tiles (control path): five minutes, an hour, a day.
import { MillraceError } from '../../core/errors.ts';
import { WINDOW_TILES_MAX } from '../../core/window-limits.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../../core/time.ts';
import type { WindowContext } from '../window.ts';

export interface TileParameters {
  readonly sizeMs: number;
}

/** Sizes of tiles, each a multiple of the one before. */
const TILES_MS = [5 * MS_PER_MINUTE, MS_PER_HOUR, MS_PER_DAY] as const;
const FINE_MS = TILES_MS[0];

/** A window of so many tiles of a size, or more, ends with such a tile: with an error of a twelfth at most. */
const TILES_PER_WINDOW_MIN = 12;

/** Tiles of one size. */
export interface TileLevel {
  readonly tileMs: number;
  /** Tiles of this one in one of the next level; Infinity for the last. */
  readonly perNext: number;
  /** Tiles that are kept. */
  readonly tiles: number;
}

/** The size of the tiles at the old edge, ms: what the window may be too long by. */
export function tailMs(sizeMs: number): number {
  return TILES_MS.findLast((tileMs) => sizeMs >= TILES_PER_WINDOW_MIN * tileMs) ?? FINE_MS;
}

/** The levels, finest first: the last one has the size of the old edge. */
export function layOutTiles({ sizeMs }: TileParameters, { allowedLatenessMs }: WindowContext): TileLevel[] {
  const last = tailMs(sizeMs);
  const sizes = TILES_MS.filter((tileMs) => tileMs <= last);
  const levels = sizes.map((tileMs, i): TileLevel => {
    const next = sizes[i + 1];
    const perNext = next === undefined ? Number.POSITIVE_INFINITY : next / tileMs;
    // A query reads complete tiles of a level from the beginning of the tile of the next that it is in. The window may begin
    // in the midst of a tile.
    const read = next === undefined ? Math.ceil(sizeMs / tileMs) + 1 : perNext;
    return { tileMs, perNext, tiles: read + Math.ceil(allowedLatenessMs / tileMs) };
  });
  const most = Math.max(...levels.map(({ tiles }) => tiles));
  if (most > WINDOW_TILES_MAX) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `a window needs ${most} tiles of a size, allowed lateness and what it is shifted by included`,
      { remedy: `Choose a shorter window, or one of larger panes: ${WINDOW_TILES_MAX} tiles at most.` },
    );
  }
  return levels;
}
