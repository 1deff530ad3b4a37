// What a training job of a topology cannot be (control path).
import { isInstant } from '../../core/time.ts';
import { isVersionName } from '../../core/version-name.ts';
import type { RecordFault } from '../../ports/quarantine.ts';
import { outOfRange } from '../own-records.ts';
import type { RetrainingJobRecord } from '../records.ts';

/** What the learning loop never writes; null if it can have. */
export function jobFault(topology: string, job: RetrainingJobRecord): RecordFault | null {
  const { version, champion, atMs, fromMs, seed } = job;
  if (job.topology !== topology)
    return { reason: 'foreign', detail: `it is of the topology ${JSON.stringify(job.topology)}` };
  if (!isVersionName(version) || (champion !== null && !isVersionName(champion)))
    return outOfRange('its version, or that of its champion, is no name');
  if (!isInstant(atMs) || !(fromMs <= atMs)) return outOfRange(`its rows are from ${fromMs} to ${atMs}`);
  return Number.isSafeInteger(seed) ? null : outOfRange(`its seed is ${seed}`);
}
