// A progress line on a terminal (control path); silent if standard error is not a terminal.
import { MS_PER_SECOND } from '../../core/time.ts';

const INTERVAL_MS = 500;

export interface Progress {
  stop(): void;
}

/** Redraws `line()` in place twice per second. */
export function showProgress(line: () => string): Progress {
  const out = process.stderr;
  if (!out.isTTY) return { stop() {} };
  const draw = (): void => void out.write(`\r\u001b[2K${line().slice(0, Math.max(20, out.columns - 1))}`);
  const timer = setInterval(draw, INTERVAL_MS);
  timer.unref();
  return {
    stop(): void {
      clearInterval(timer);
      out.write('\r\u001b[2K');
    },
  };
}

/** `12.3 s`. */
export function elapsed(startedMs: number): string {
  return `${((performance.now() - startedMs) / MS_PER_SECOND).toFixed(1)} s`;
}
