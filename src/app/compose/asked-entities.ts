// The keys of entities that a reader names by their columns (control path): the same strings that events of them have.
import { MillraceError } from '../../core/errors.ts';
import { joinKey } from '../../operators/joined-key.ts';
import { keyOfNumber } from '../../operators/key-column.ts';
import type { EntityColumns } from '../../ports/features.ts';
import { schemaOf } from '../../topology/columns-schema.ts';
import type { Topology } from '../../topology/define.ts';

/** Joins the key columns of an entity as the keys of a view are. @param index of the entity in its request */
export type KeyOf = (entity: EntityColumns, key: readonly string[], index: number) => string;

/**
 * Columns of numbers take what people write for one; columns that the source does not declare, as those that a stage adds,
 * take a value as it is.
 */
export function askedKeys({ source: { schema } }: Pick<Topology, 'source'>): KeyOf {
  const specs = schema === undefined ? {} : schemaOf(schema);
  const isNumber = (column: string): boolean =>
    Object.hasOwn(specs, column) && specs[column]?.kind === 'number';
  return (entity, key, index) =>
    joinKey(
      key.map((column) => {
        const value: unknown = Object.hasOwn(entity, column) ? entity[column] : undefined;
        if (!isScalar(value))
          throw malformed(`entity ${index} has no value for '${column}', a string, a number or a boolean`);
        const part = isNumber(column) ? numberPart(value) : textPart(value);
        if (typeof part === 'string') return part;
        throw malformed(`entity ${index}, column '${column}': ${part.what}`);
      }),
    );
}

type Scalar = EntityColumns[string];

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

type Part = string | { readonly what: string };

function numberPart(value: Scalar): Part {
  const text = typeof value === 'string' ? keyOfNumber(value) : null;
  if (text !== null) return text;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(Number(value));
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return { what: `'${value}' is no number, true or false, or an ISO instant` };
}

function textPart(value: Scalar): Part {
  if (typeof value === 'string')
    return value.isWellFormed() ? value : { what: 'the string has half of a surrogate pair' };
  if (typeof value === 'boolean') return String(Number(value));
  if (typeof value === 'bigint') return String(value);
  if (!Number.isFinite(value)) return { what: `${value} is no value` };
  // Its digits are gone: another entity may have what is left.
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    return { what: `the number ${value} has lost digits: give them as a string` };
  return String(value);
}

export function malformed(what: string): MillraceError {
  return new MillraceError('DATA_INVALID', what, {
    remedy: 'Give each entity the key columns of every view of the service: {"card": "4929"}.',
  });
}
