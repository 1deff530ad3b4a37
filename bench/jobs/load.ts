// A job by its name (control path).
import type { Job, JobName } from './job.ts';

/** Jobs are loaded on demand: the flights' data take half a second. */
export async function jobOf(name: JobName): Promise<Job> {
  if (name === 'flights') return (await import('./flights.ts')).flights;
  const { standard, standardJson } = await import('./standard.ts');
  return name === 'standard' ? standard : standardJson;
}
