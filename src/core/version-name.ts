// Names of model versions (control path): they become folders, keys and URLs.
import { NAME_LENGTH_MAX } from './topology-limits.ts';

/** Whether it is one path segment, so that no name can escape a folder. */
export function isPathSegment(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(name);
}

export function isVersionName(name: string): boolean {
  return name.length <= NAME_LENGTH_MAX && isPathSegment(name);
}
