// What can be wrong with the bytes of a record (hot path): the same objects for all records.
import { LIST_ITEMS_MAX } from '../../core/event-limits.ts';
import type { RowFault } from '../shared/row-reader.ts';

function malformed(message: string): RowFault {
  return { code: 'EVENT_MALFORMED', message };
}

export const TRUNCATED: RowFault = malformed('the bytes end within the record');
export const TRAILING: RowFault = malformed('bytes are left after the record');
export const OVERLONG: RowFault = malformed('an integer is outside its range');
export const NO_BRANCH: RowFault = malformed('a union names a branch that it does not have');
export const NO_SYMBOL: RowFault = malformed('an enum names a symbol that it does not have');
export const NO_BOOLEAN: RowFault = malformed('a boolean is neither 0 nor 1');
export const NO_STRING: RowFault = malformed('a string is not UTF-8');
export const BAD_LENGTH: RowFault = malformed('a string has a negative length');
export const NO_DECIMAL: RowFault = malformed('a decimal has no bytes, or too many');
export const NO_SCALE: RowFault = malformed('a decimal has a scale that is too large');
export const NO_WHOLE_NUMBER: RowFault = malformed('a decimal is no whole number, as its column is');
export const NO_INSTANT: RowFault = malformed('a value is no instant of the unit that its column has');
export const NO_NUMERAL: RowFault = malformed('a text is not the number that its column has');
export const OUT_OF_RANGE: RowFault = malformed('a decimal has more digits than its column');
export const TOO_MANY_ITEMS: RowFault = malformed(`a list has more than ${LIST_ITEMS_MAX} items`);
export const TOO_DEEP: RowFault = malformed('a value is nested too deeply');

/** Why a string of `length` bytes at `start` cannot be read. */
export function stringFault(length: number, start: number, end: number): RowFault {
  return start > end || length > end - start ? TRUNCATED : BAD_LENGTH;
}
