// A time-out of what runs in a thread of this process (control path, one a call). Where the whole process was stopped
// (SIGSTOP, a virtual machine that is moved, a held event loop), the thread stood still as well, or its answer is waiting
// to be heard: a plain timer would fire first, and turn a pause into a prediction by fallback. So it counts short ticks,
// of which a stop, however long, is one.

const TICKS = 10;

/** Calls `expired` after `timeoutMs` in which the event loop turned. Returns what ends the wait; it holds the process open. */
export function runTimeOut(timeoutMs: number, expired: () => void): () => void {
  let left = TICKS;
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    expired();
  }, timeoutMs / TICKS);
  return () => clearInterval(timer);
}
