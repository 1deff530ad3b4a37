// A job by its name (control path).
import type { Job, JobName, WideJobName } from './job.ts';

export function isWide(name: JobName): name is WideJobName {
  return name.startsWith('wide-');
}

/** Jobs are loaded on demand: the flights' data take half a second. */
export async function jobOf(name: JobName): Promise<Job> {
  if (name === 'flights') return (await import('./flights.ts')).flights;
  if (name === 'cards') return (await import('./cards.ts')).cards;
  if (isWide(name)) return (await import('./wide.ts')).wideJob(name);
  const { standard, standardJson, standardProtobuf } = await import('./standard.ts');
  if (name === 'standard-protobuf') return standardProtobuf;
  return name === 'standard' ? standard : standardJson;
}
