// What an item of a repeated field, or an entry of a map, is as a field (control path).
import { ScalarType, type DescField } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence as Presence } from '@bufbuild/protobuf/wkt';

/** The field that each item is; of a map, those of the key and the value of an entry. */
export function itemFields(field: DescField): { readonly key: DescField | null; readonly value: DescField } {
  if (field.fieldKind === 'list')
    return { key: null, value: single(field, { fieldKind: field.listKind, number: field.number }) };
  if (field.fieldKind !== 'map') return { key: null, value: field };
  const value = single(field, { fieldKind: field.mapKind, number: 2, delimitedEncoding: false });
  const key = { fieldKind: 'scalar', number: 1, scalar: field.mapKey, enum: undefined, message: undefined };
  return { key: single(field, key), value };
}

/** A field like another one, of one value, which an entry without it has by default. */
function single(field: DescField, parts: object): DescField {
  const own = { getDefaultValue: () => undefined, presence: Presence.IMPLICIT };
  return { ...field, ...own, ...parts } as unknown as DescField; // what a plan looks at is there
}

/** Whether the keys are of 32 bits, whose sign fills the bits above. */
export function hasNarrowKeys(field: DescField): boolean {
  const wide: readonly unknown[] = [ScalarType.INT64, ScalarType.UINT64, ScalarType.SINT64];
  return field.fieldKind === 'map' && !wide.includes(field.mapKey);
}
