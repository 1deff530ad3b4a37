// A job by its name (control path).
import type { Job, JobName } from './job.ts';

/** Jobs are loaded on demand: the flights' data take half a second. */
export async function jobOf(name: JobName): Promise<Job> {
  if (name === 'flights') return (await import('./flights.ts')).flights;
  if (name === 'cards') return (await import('./cards.ts')).cards;
  const { standard, standardJson, standardProtobuf } = await import('./standard.ts');
  if (name === 'standard-protobuf') return standardProtobuf;
  return name === 'standard' ? standard : standardJson;
}
