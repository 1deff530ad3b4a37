// What can be wrong with the bytes of a message (hot path): the same objects for all records.
import type { RowFault } from '../shared/row-reader.ts';

export function malformed(message: string): RowFault {
  return { code: 'EVENT_MALFORMED', message };
}

export const TRUNCATED: RowFault = malformed('the bytes end within a field');
export const BAD_TAG: RowFault = malformed('the number or the wire type of a field is none');
export const OVERLONG: RowFault = malformed('an integer has more than ten bytes');
export const BAD_END: RowFault = malformed(
  'a group ends that did not begin, or another than the last that began',
);
export const TOO_DEEP: RowFault = malformed('messages are nested too deeply');
export const NO_INDEXES: RowFault = malformed('the positions of the message in its schema are damaged');
export const NO_MESSAGE: RowFault = malformed(
  'the schema has no message at the position that the record names',
);
