// Watchdog of the process that tries models (control path): a thread, as the main thread is in native code during a run. It
// kills the process when a trial exceeds its bounds; the engine reads the reason from standard error.
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import {
  MODEL_TRIAL_BYTES_MAX,
  MODEL_TRIAL_CPU_MS_MAX,
  MODEL_TRIAL_CPU_MS_PER_MIB,
  MODEL_TRIAL_MEMORY_FACTOR,
  MODEL_TRIAL_WATCH_MS,
} from '../../core/model-limits.ts';
import { BEYOND_BOUNDS, type WatchdogData } from './trial-messages.ts';

const STANDARD_ERROR = 2;
const MIB = 1_048_576;

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
  const mebibytes = Atomics.load(trial, 1);
  const cpuMsMax = MODEL_TRIAL_CPU_MS_MAX + mebibytes * MODEL_TRIAL_CPU_MS_PER_MIB;
  if ((user + system) / 1_000 > cpuMsMax)
    kill(`${BEYOND_BOUNDS} ${cpuMsMax / 1_000} s of processor time to load and to score`);
  const memoryMax = MODEL_TRIAL_BYTES_MAX / MIB + mebibytes * MODEL_TRIAL_MEMORY_FACTOR;
  if (process.memoryUsage.rss() / MIB > memoryMax)
    kill(`${BEYOND_BOUNDS} ${memoryMax} MiB of memory to load and to score`);
}, MODEL_TRIAL_WATCH_MS);
