// Reference sets in files (control path): `oneOf('country', valuesFrom(new URL('./countries.txt', import.meta.url)))`.
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageOf, MillraceError } from '../core/errors.ts';

/** Bytes of a reference set: it is in memory, once in each process. */
const FILE_BYTES_MAX = 67_108_864;

/**
 * The values in a text file, one a line, without white space around them; empty lines and those that start with `#` are left
 * out. The file is read when the topology is loaded: a restart takes a new version of it.
 * @param file a path, relative to the working directory, or a URL
 * @throws MillraceError DATA_INVALID if the file can't be read, or has no value
 */
export function valuesFrom(file: string | URL): string[] {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  const values = textOf(path)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (values.length === 0) throw invalid(path, 'the file has no value');
  return [...new Set(values)];
}

function textOf(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes, ${FILE_BYTES_MAX} at most are read`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw invalid(path, `the reference set cannot be read: ${messageOf(error)}`);
  }
}

function invalid(where: string, what: string): MillraceError {
  return new MillraceError('DATA_INVALID', what, {
    where,
    remedy: 'Give a text file with one value a line.',
  });
}
