// What a failed file operation means (control path): a full disk passes, a folder that cannot be used does not.
import { type ErrorCode, MillraceError, messageOf } from './errors.ts';

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

const UNUSABLE: Readonly<Record<string, string>> = {
  EACCES: 'this process may not use it',
  EPERM: 'this process may not use it',
  EROFS: 'it is on a read-only file system',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a file has its name',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist, and cannot be created',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links form a circle',
};

/** The code of a system error, such as ENOSPC; null for any other error. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Whether the disk, or the user's share of it, is full. */
function isDiskFull(error: unknown): boolean {
  return FULL.has(systemCode(error) ?? '');
}

/**
 * Maps an error of a file operation; a MillraceError stays what it is.
 * @param what that failed, as an infinitive: 'write the file of known schemas'
 * @param code of any other failure
 */
export function fileError(error: unknown, what: string, path: string, code: ErrorCode): MillraceError {
  if (error instanceof MillraceError) return error;
  if (isDiskFull(error)) {
    return new MillraceError('DISK_FULL', `the disk is full: it was not possible to ${what}`, {
      where: path,
      remedy: 'Free space on the disk.',
      cause: error,
    });
  }
  const why = UNUSABLE[systemCode(error) ?? ''];
  if (why !== undefined) {
    return new MillraceError('CONFIG_INVALID', `it was not possible to ${what}: ${why}`, {
      where: path,
      remedy: 'Give a path, and a data folder (MILLRACE_DATA), that this process may write to.',
      cause: error,
    });
  }
  return new MillraceError(code, `it was not possible to ${what}: ${messageOf(error)}`, {
    where: path,
    cause: error,
  });
}
