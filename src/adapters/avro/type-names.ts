// Types of a writer's schema in messages (control path): what they are, and which columns read them.
import { isDuration, isUuid } from './column-plan.ts';
import { isVariableScale, isZonedText } from './connect-nodes.ts';
import type { SchemaNode } from './schema-node.ts';

/** `bytes (decimal)`, `enum shop.Channel`, `a union of null and long`. */
export function typeText(node: SchemaNode): string {
  if (node.type === 'union')
    return `a union of ${node.branches.map((branch) => typeText(branch)).join(' and ')}`;
  const name = 'name' in node ? `${node.type} ${node.name}` : node.type;
  const logicalType = 'logicalType' in node ? node.logicalType : null;
  return logicalType === null ? name : `${name} (${logicalType})`;
}

const DECIMALS = 'string, decimal, scaled or int64';

/** What a column of it may be declared as. */
export function columnsFor(node: SchemaNode, path: string): string {
  switch (node.type) {
    case 'bytes':
    case 'fixed':
      if (node.scale !== null) return DECIMALS;
      if (isDuration(node)) return `long, by its parts: ${path}.months, ${path}.days, ${path}.millis`;
      return isUuid(node) ? 'string' : 'bytes';
    case 'record':
      if (isVariableScale(node)) return DECIMALS;
      return `columns of its fields, such as ${path}.${node.fields[0]?.name ?? 'name'}`;
    case 'array':
      return `columns of its items, ${path}[] or ${path}.0, or of ${path}.length`;
    case 'map':
      return `columns of its keys and values, ${path}.keys() and ${path}.values(), or ${path}.KEY`;
    case 'union':
      return 'columns of its types';
    case 'null':
      return 'a nullable column';
    case 'string':
      return isZonedText(node) ? 'timestamp or string' : node.type;
    case 'boolean':
    case 'double':
      return node.type;
    case 'int':
      return 'int, long or double';
    case 'long':
      return 'long, double or int64';
    case 'float':
      return 'float or double';
    case 'enum':
    default:
      return 'string or enumeration';
  }
}
