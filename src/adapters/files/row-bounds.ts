// What is refused to a file because no row is that large (control path).
import { MillraceError } from '../../core/errors.ts';
import { LOAD_ROW_BYTES_MAX } from '../../core/log-limits.ts';

/** @param line where the row begins, or nearby */
export function rowTooLong(file: string, line: number): MillraceError {
  return new MillraceError('DATA_INVALID', `a row has more than ${LOAD_ROW_BYTES_MAX} bytes`, {
    where: `${file}:${line}`,
    remedy: 'Look for a quote that is not closed, or for another format than the one that is read.',
  });
}
