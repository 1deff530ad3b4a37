// Types of Kafka Connect in a parsed schema (control path), for which Avro has no logical type.
// Sources: io.debezium.time.ZonedTimestamp, io.debezium.data.VariableScaleDecimal of Debezium 3.
import { ZONED } from './connect-types.ts';
import type { SchemaNode } from './schema-node.ts';

const VARIABLE_SCALE = 'io.debezium.data.VariableScaleDecimal';

export function isZonedText(node: SchemaNode): boolean {
  return node.type === 'string' && node.logicalType === ZONED;
}

/** Whether a value is a decimal number with its scale: an int, then bytes. */
export function isVariableScale(node: SchemaNode): boolean {
  if (node.type !== 'record' || node.name !== VARIABLE_SCALE || node.fields.length !== 2) return false;
  const [scale, value] = node.fields;
  return (
    scale?.name === 'scale' &&
    scale.type.type === 'int' &&
    value?.name === 'value' &&
    value.type.type === 'bytes'
  );
}
