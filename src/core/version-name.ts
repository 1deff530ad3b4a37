// Names of model versions (control path): they become folders, keys and URLs.
import { NAME_LENGTH_MAX } from './limits.ts';

/** One path segment, so that no name can escape a folder. */
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;

export function isVersionName(name: string): boolean {
  return name.length <= NAME_LENGTH_MAX && SEGMENT.test(name);
}
