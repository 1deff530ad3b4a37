// Whether two schemas give the same bytes and columns (control path): the writer's records are then read without resolving.
import { shortName, type SchemaNode } from './schema-node.ts';
import { unitOf } from './time-units.ts';

/** @param reader a schema whose types all have columns */
export function isSameLayout(writer: SchemaNode, reader: SchemaNode): boolean {
  if (writer.type === 'record' && reader.type === 'record') {
    return (
      writer.fields.length === reader.fields.length &&
      writer.fields.every((field, i) => {
        const other = reader.fields[i];
        return other !== undefined && field.name === other.name && isSameLayout(field.type, other.type);
      })
    );
  }
  if (writer.type === 'union' && reader.type === 'union') {
    return (
      writer.branches.length === reader.branches.length &&
      writer.branches.every((branch, i) => isSameLayout(branch, reader.branches[i] as SchemaNode))
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
