// Encodes rows as changes of a table in JSON (control path): for rows that come over HTTP or from files, and for tests.
import type { Columns, ColumnType } from '../../core/columns.ts';
import { requiredType } from '../../core/columns.ts';
import { MillraceError } from '../../core/errors.ts';
import type { EventEncoder, EventRow, Format, FormatSource } from '../../ports/format.ts';
import { declaredEncodings, type DeclaredEncodings } from './declared-encodings.ts';
import { AFTER, BEFORE, changeColumns, encoded, OPERATION, orNull, pathOf } from './open-changes.ts';

const INSERT = 'c';
const DELETE = 'd';
const OPERATIONS: readonly unknown[] = [INSERT, 'u', DELETE, 'r'];

/** @throws TOPOLOGY_INVALID for another format than JSON: the connector's schema of the envelope is not known */
export async function openChangeEncoder(
  format: Format,
  source: FormatSource,
  encodings: DeclaredEncodings,
): Promise<EventEncoder> {
  const where = `source ${source.topic}`;
  if (format.name !== 'json' || format.encoder === undefined) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `changes in ${format.name} are written by the connector alone`,
      {
        where,
        remedy: 'Insert the rows into the table, or read changes in JSON: format: debezium(json()).',
      },
    );
  }
  const openEncoder = format.encoder.bind(format);
  const columns = changeColumns(source);
  const declared = declaredEncodings(columns, encodings, where);
  const opened = (row: string): Promise<EventEncoder> =>
    openEncoder({
      ...source,
      declared: Object.fromEntries(
        Object.entries(columns).map(([name, type]): [string, ColumnType] => [
          pathOf(name, row),
          encoded(orNull(type), declared.get(name)),
        ]),
      ),
      eventTime: pathOf(source.eventTime, row),
    });
  return new ChangeEncoder(columns, await opened(AFTER), await opened(BEFORE), where);
}

/** A row without an operation is an insert; the columns of a delete are of the row before. */
class ChangeEncoder implements EventEncoder {
  readonly fills: readonly string[] = [OPERATION];
  readonly #columns: Columns;
  readonly #after: EventEncoder;
  readonly #before: EventEncoder;
  readonly #where: string;

  constructor(columns: Columns, after: EventEncoder, before: EventEncoder, where: string) {
    this.#columns = columns;
    this.#after = after;
    this.#before = before;
    this.#where = where;
  }

  encode(event: EventRow): Buffer {
    const misfit = this.#misfit(event);
    if (misfit !== null)
      throw new MillraceError('SCHEMA_INVALID', `a row does not fit the columns: ${misfit} is none of it`, {
        where: `${this.#where}, column ${misfit}`,
        remedy: "Give the column a value of its type, and 'op' one of c, u, d and r.",
      });
    return this.#of(event).encode(this.#change(event));
  }

  misfit(event: EventRow): string | null {
    const own = this.#misfit(event);
    if (own !== null) return own;
    const row = this.#row(event);
    const path = this.#of(event).misfit?.(this.#change(event)) ?? null;
    return Object.keys(this.#columns).find((name) => pathOf(name, row) === path) ?? null;
  }

  /** What the inner format takes for null or any text. */
  #misfit(event: EventRow): string | null {
    if (!OPERATIONS.includes(event[OPERATION] ?? INSERT)) return OPERATION;
    const missing = Object.entries(this.#columns).find(
      ([name, type]) =>
        name !== OPERATION && type.type === requiredType(type) && (event[name] ?? null) === null,
    );
    return missing?.[0] ?? null;
  }

  #row(event: EventRow): string {
    return event[OPERATION] === DELETE ? BEFORE : AFTER;
  }

  #of(event: EventRow): EventEncoder {
    return event[OPERATION] === DELETE ? this.#before : this.#after;
  }

  #change(event: EventRow): EventRow {
    const row = this.#row(event);
    const change: Record<string, EventRow[string]> = {};
    for (const name of Object.keys(this.#columns)) {
      // Of a delete, `amount` and `before.amount` are one.
      const path = pathOf(name, row);
      change[path] = event[name] ?? (name === OPERATION ? INSERT : (change[path] ?? null));
    }
    return change;
  }
}
