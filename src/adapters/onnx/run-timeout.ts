// A timeout for work in a thread of this process (control path, one per call). If the whole process was stopped (SIGSTOP,
// a migrated virtual machine, a blocked event loop), the thread stood still as well, or its answer is already queued. A
// plain timer would fire first and turn the pause into a fallback prediction. This one counts short ticks instead, and a
// pause of any length counts as one tick.

const TICKS = 10;

/** Calls `expired` after `timeoutMs` of a running event loop. Keeps the process alive until the returned function cancels it. */
export function runTimeout(timeoutMs: number, expired: () => void): () => void {
  let left = TICKS;
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    expired();
  }, timeoutMs / TICKS);
  return () => clearInterval(timer);
}
