// The length of a window that has none of its own (hot path).
import { MS_PER_SECOND } from '../../core/time.ts';

/** Seconds since the first event of the window; NaN, so that there is no rate, if that is now. */
export function elapsedSeconds(firstMs: number, timeMs: number): number {
  return timeMs > firstMs ? (timeMs - firstMs) / MS_PER_SECOND : Number.NaN;
}
