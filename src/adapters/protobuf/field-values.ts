// What the values of a field are in a column (control path): the names of an enum, and what stands for a field that is not set.
import { ScalarType, type DescEnum, type DescField } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence as Presence } from '@bufbuild/protobuf/wkt';
import type { EpochUnit, ScalarTypeName } from '../../core/columns.ts';
import { epochMsOf } from '../../core/epoch-number.ts';
import { OP_BASE64, OP_ENUM_NUMBER, OP_NAME, OP_STRING } from './field-ops.ts';

/** Of several names for one number, the first counts, or the first that the column has as a symbol. */
export function namesOf({ values }: DescEnum): ReadonlyMap<number, string> {
  return new Map(values.toReversed().map(({ number, name }) => [number, name]));
}

export function codesOf({ values }: DescEnum, symbols: readonly string[]): ReadonlyMap<number, number> {
  const known = values.filter(({ name }) => symbols.includes(name)).toReversed();
  return new Map(known.map(({ number, name }) => [number, symbols.indexOf(name)]));
}

/**
 * What a column is while its field is not set, as readers of Protobuf have it: nothing for a field that tells whether it is
 * set, unless it has a default.
 */
export function fallbackOf(
  field: DescField,
  op: number,
  { type, symbols, digits, unit }: Held,
): string | number | null {
  if (field.presence !== Presence.IMPLICIT && field.proto.defaultValue === '') return null;
  const value =
    field.fieldKind === 'scalar' || field.fieldKind === 'enum' ? field.getDefaultValue() : undefined;
  if (field.enum !== undefined) {
    const number = Number(value ?? field.enum.values[0]?.number);
    if (op === OP_ENUM_NUMBER) return number;
    if (op === OP_NAME) return namesOf(field.enum).get(number) ?? null;
    return symbols[codesOf(field.enum, symbols).get(number) ?? -1] ?? null;
  }
  if (op === OP_BASE64) return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : '';
  if (op === OP_STRING) {
    const text = typeof value === 'string' ? value : '';
    return symbols.length > 0 && !symbols.includes(text) ? null : text;
  }
  if (field.scalar === ScalarType.STRING) return null; // the empty text, where the column holds something else
  if (unit !== null) return epochMsOf(value ?? 0, unit);
  if (type === 'int64') return String(value ?? 0);
  return Number(value ?? 0) * (type === 'scaled' ? 10 ** digits : 1);
}

/** What a column holds. */
interface Held {
  readonly type: ScalarTypeName;
  readonly symbols: readonly string[];
  readonly digits: number;
  readonly unit: EpochUnit | null;
}
