// The JSON format (control path).
import { MillraceError } from '../../core/errors.ts';
import type { Format, FormatSource } from '../../ports/format.ts';
import type { JsonSource } from './event-decoder.ts';

/**
 * JSON objects, one per record, with the columns that the source declares: `source(topic, { schema, format: json() })`. A
 * column is the member of its name; a dotted name is a path, `after.amount`. Members that are no column are skipped. A member
 * that is missing is null, as is a path through an object that is null or missing. A path leads through lists by position,
 * `items.0.price`, and ends in their `items.length`. Columns of lists have all items: `tags`, `items[].price`, and the keys and
 * values of an object, `attrs.keys()`, `attrs.values()`.
 *
 * - `string`, `enum`: a string. `boolean`: true or false.
 * - `double`, `float`: a number. `int`, `long`: a number without a fraction, however it is written; a long is below 2^53.
 * - `int64`: an integer of 64 bits, or its digits in a string. `bytes`: a string in base64.
 * - `decimal`, `scaled`: a number, or a string with one.
 * - `timestamp`: a number of milliseconds since 1970, or an RFC 3339 time with an offset, `2026-01-31T12:00:00.5Z`; `timestampIn`: one
 *   of its unit, also as text.
 *
 * The text is read as RFC 8259 says and means what JSON.parse makes of it: of members of one name, the last counts. It is
 * UTF-8 without a byte order mark. Of a column, half a surrogate pair and a number too large for its type are malformed.
 *
 * Records in the Confluent wire format are read as well, if the schema that they name is a JSON Schema.
 * @example source('payments', { schema: { id: string, amount: double, at: timestamp }, eventTime: 'at', format: json() })
 */
export function json(): Format {
  return {
    name: 'json',
    async decoder(source: FormatSource) {
      const [{ jsonEventDecoder }, json] = await Promise.all([
        import('./event-decoder.ts'),
        sourceOf(source),
      ]);
      return jsonEventDecoder(json, source.schemas);
    },
    async encoder(source: FormatSource) {
      const [{ JsonEventEncoder }, { plans, eventTime, where }] = await Promise.all([
        import('./event-encoder.ts'),
        sourceOf(source),
      ]);
      return new JsonEventEncoder(plans, eventTime, where);
    },
  };
}

async function sourceOf({ topic, columns, declared, eventTime }: FormatSource): Promise<JsonSource> {
  const where = `source ${topic}`;
  if (columns === null || declared === null) {
    throw new MillraceError('SCHEMA_INVALID', 'JSON has no schema of its own', {
      where,
      remedy: 'Declare the columns: source(topic, { schema: { ... }, format: json() }).',
    });
  }
  const { planColumns } = await import('./column-tree.ts');
  return { plans: planColumns(declared, where), schema: columns, eventTime, where };
}
