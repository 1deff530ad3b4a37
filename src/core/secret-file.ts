// Reads a small file that an operator names: a secret, a certificate, a key (control path).
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf } from './errors.ts';
import { systemCode } from './file-errors.ts';
import { SECRET_FILE_BYTES_MAX } from './key-limits.ts';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this process may not read it',
  EPERM: 'this process may not read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
};

/** @throws Error with the path and the reason: it is no file, empty, too large, not UTF-8, or cannot be read */
export function readSecretFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (error) {
    const why = WHY[systemCode(error) ?? ''] ?? messageOf(error);
    throw new Error(`cannot read the file ${path}: ${why}`, { cause: error });
  }
  if (bytes.length > SECRET_FILE_BYTES_MAX)
    throw new Error(`the file ${path} has more than ${SECRET_FILE_BYTES_MAX} bytes`);
  const text = textOf(bytes);
  if (text === null) throw new Error(`the file ${path} is not UTF-8 text`);
  if (text.trim() === '') throw new Error(`the file ${path} is empty`);
  return text;
}

/** One byte more than the bound, at most. A pipe or a device could be read without end, and opening a pipe could wait. */
function readBounded(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw new Error('it is a folder');
    if (!stats.isFile()) throw new Error('it is not a regular file');
    const bytes = Buffer.alloc(SECRET_FILE_BYTES_MAX + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return Buffer.from(bytes.subarray(0, length));
  } finally {
    closeSync(file);
  }
}

function textOf(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
