// Whether two schemas give the same bytes and columns (control path): the writer's records are then read without resolving.
import { fieldOp, OP_NULL } from './column-plan.ts';
import { shortName, type SchemaNode } from './schema-node.ts';
import { unitOf } from './time-units.ts';

/** Whether the columns are the plain fields of the reader's schema, in their order, and the writer's has the same. */
export function isSameLayout(writer: SchemaNode, reader: SchemaNode): boolean {
  return isPlain(reader) && isSame(writer, reader);
}

/** Whether it has plain fields alone, in records that are never null. */
function isPlain(node: SchemaNode): boolean {
  if (node.type === 'record') return node.fields.every(({ type }) => isPlain(type));
  if (node.type !== 'union') return isPlainField(node);
  const { branches } = node;
  return (
    branches.length === 2 && branches.some(({ type }) => type === 'null') && branches.every(isPlainField)
  );
}

function isPlainField(node: SchemaNode): boolean {
  return (fieldOp(node) ?? OP_NULL + 1) <= OP_NULL;
}

function isSame(writer: SchemaNode, reader: SchemaNode): boolean {
  if (writer.type === 'record' && reader.type === 'record') {
    return (
      writer.fields.length === reader.fields.length &&
      writer.fields.every((field, i) => {
        const other = reader.fields[i];
        return other !== undefined && field.name === other.name && isSame(field.type, other.type);
      })
    );
  }
  if (writer.type === 'union' && reader.type === 'union') {
    return (
      writer.branches.length === reader.branches.length &&
      writer.branches.every((branch, i) => isSame(branch, reader.branches[i] as SchemaNode))
    );
  }
  if (writer.type === 'enum' && reader.type === 'enum') {
    return (
      shortName(writer.name) === shortName(reader.name) &&
      writer.symbols.length === reader.symbols.length &&
      writer.symbols.every((symbol, i) => symbol === reader.symbols[i])
    );
  }
  const unit = unitOf(writer);
  return writer.type === reader.type && (unit === null || unit === unitOf(reader));
}
