// The rows of a table that a server returns by key (control path).
import { getObject, NoObject } from '../../../adapters/http/get-json.ts';
import { messageOf } from '../../../core/errors.ts';
import { FETCHED_BYTES_MAX } from '../../../core/table-limits.ts';
import type { EventRow } from '../../../ports/format.ts';
import type { HttpOrigin, Table } from '../../../ports/table.ts';
import { StrangeRow } from '../../../runtime/tables/fetched-table.ts';
import { objectMapping, rowFault } from './table-rows.ts';

/** Asks for one key. A response need not have the key. */
export function httpRows(
  { columns, key: name }: Table,
  { url, headers }: HttpOrigin,
): (key: string, signal: AbortSignal) => Promise<EventRow | null> {
  const { [name]: _key, ...others } = columns;
  const mapping = objectMapping(url, others);
  return async (key, signal) => {
    const place = url.replaceAll('{key}', encodeURIComponent(key));
    try {
      const found = await getObject(place, { headers: headers(), bytesMax: FETCHED_BYTES_MAX, signal });
      return found === null ? null : mapping.eventOf(found);
    } catch (error) {
      throw new StrangeRow(error instanceof NoObject ? messageOf(error) : rowFault(error));
    }
  };
}
