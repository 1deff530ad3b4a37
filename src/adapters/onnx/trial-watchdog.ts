// Watchdog of the process that tries models (control path): a thread, as the main thread is in native code during a run. It
// kills the process when a trial exceeds its bounds; the engine reads the reason from standard error.
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { MODEL_TRIAL_BYTES_MAX, MODEL_TRIAL_CPU_MS_MAX, MODEL_TRIAL_WATCH_MS } from '../../core/limits.ts';
import { BEYOND_BOUNDS, type WatchdogData } from './trial-messages.ts';

const STANDARD_ERROR = 2;

const { trial } = workerData as WatchdogData;
let watched = 0;
let start = process.cpuUsage();

function kill(why: string): void {
  // Unbuffered: process.stderr of a thread goes through the main thread.
  writeSync(STANDARD_ERROR, `${why}\n`);
  process.kill(process.pid, 'SIGKILL');
}

setInterval(() => {
  const current = Atomics.load(trial, 0);
  if (current !== watched) {
    watched = current;
    start = process.cpuUsage();
  }
  if (current === 0) return;
  const { user, system } = process.cpuUsage(start);
  if ((user + system) / 1_000 > MODEL_TRIAL_CPU_MS_MAX)
    kill(`${BEYOND_BOUNDS} ${MODEL_TRIAL_CPU_MS_MAX / 1_000} s of processor time to load and to score`);
  if (process.memoryUsage.rss() > MODEL_TRIAL_BYTES_MAX)
    kill(`${BEYOND_BOUNDS} ${MODEL_TRIAL_BYTES_MAX / 1_048_576} MiB of memory to load and to score`);
}, MODEL_TRIAL_WATCH_MS);
