// Reads Avro binary of another schema than the topology's straight into its columns (hot path for evolved writers): no
// object, string or closure per event, and no loop or recursion that the bytes could make longer than they are themselves.
import type { ColumnBuilder } from '../../core/column-builder.ts';
import { AVRO_VALUE_DEPTH_MAX } from '../../core/limits.ts';
import { BinaryInput } from './binary-input.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import type { Constant } from './default-values.ts';
import type { Action } from './resolution.ts';
import {
  NO_BOOLEAN,
  NO_BRANCH,
  NO_STRING,
  NO_SYMBOL,
  OVERLONG,
  stringFault,
  TOO_DEEP,
  TRAILING,
  TRUNCATED,
} from './row-faults.ts';
import type { RecordNode, SchemaNode } from './schema-node.ts';

type NumberAction = Extract<Action, { kind: 'number' }>;
type EnumAction = Extract<Action, { kind: 'enum' }>;

export class ResolvingReader extends BinaryInput implements RowReader {
  readonly #root: Action;
  readonly #countsItems: boolean;
  readonly #bytesMin = new Map<SchemaNode, number>();
  readonly #skipped = new Map<RecordNode, readonly SchemaNode[]>();
  #bytes: Buffer = Buffer.alloc(0);

  /** @param countsItems whether no block may claim more items than it has, also where a reader could pass it by its size */
  constructor(root: Action, countsItems = false) {
    super();
    this.#root = root;
    this.#countsItems = countsItems;
  }

  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): RowFault | null {
    this.enter(bytes, from, to);
    this.#bytes = bytes;
    return this.#run(this.#root, into) ?? (this.at === this.end ? null : TRAILING);
  }

  /** Whether bytes [from, to) are a value of the type, and nothing else: why not, or null. */
  walk(node: SchemaNode, bytes: Buffer, from: number, to: number): RowFault | null {
    this.enter(bytes, from, to);
    return this.#skip(node, 0) ?? (this.at === this.end ? null : TRAILING);
  }

  #run(action: Action, into: ColumnBuilder): RowFault | null {
    switch (action.kind) {
      case 'number':
        return this.#number(action, into);
      case 'string':
        return this.#string(action.column, into);
      case 'enum':
        return this.#enum(action, into);
      case 'null':
        into.setNull(action.column);
        return null;
      case 'union': {
        const branch = action.branches[this.varint()];
        return branch === undefined ? this.#cut(NO_BRANCH) : this.#run(branch, into);
      }
      case 'record':
        return this.#record(action.fields, action.constants, into);
      case 'skip':
        return this.#skip(action.node, 0);
      case 'error':
      default:
        return action.fault;
    }
  }

  /** Whether a number could not be read because the bytes end. */
  #cut(otherwise: RowFault): RowFault {
    return this.at > this.end ? TRUNCATED : otherwise;
  }

  #record(fields: readonly Action[], constants: readonly Constant[], into: ColumnBuilder): RowFault | null {
    for (let i = 0; i < fields.length; i++) {
      const fault = this.#run(fields[i] as Action, into);
      if (fault !== null) return fault;
    }
    for (let i = 0; i < constants.length; i++) {
      const { column, value } = constants[i] as Constant;
      if (typeof value === 'number') into.setNumber(column, value);
      else if (value === null) into.setNull(column);
      else into.setString(column, value);
    }
    return null;
  }

  #number({ column, from, isNearest, isFloat, change }: NumberAction, into: ColumnBuilder): RowFault | null {
    let value: number;
    if (from === 'long' && (isNearest || (change !== null && change.over > 1))) {
      if (!this.wide()) return this.#cut(OVERLONG);
      value = change !== null && change.over > 1 ? this.quotient(change.over) : this.nearest();
    } else if (from === 'int' || from === 'long') {
      value = this.varint();
      if (value !== value || (from === 'int' && value !== (value | 0))) return this.#cut(OVERLONG);
    } else {
      const size = from === 'double' ? 8 : from === 'float' ? 4 : 1;
      if ((this.at += size) > this.end) return TRUNCATED;
      const { view, octets } = this.memory;
      if (from === 'double') value = view.getFloat64(this.at - size, true);
      else if (from === 'float') value = view.getFloat32(this.at - size, true);
      else if ((value = octets[this.at - size] as number) > 1) return NO_BOOLEAN;
    }
    if (change !== null) value *= change.times;
    into.setNumber(column, isFloat ? Math.fround(value) : value);
    return null;
  }

  #string(column: number, into: ColumnBuilder): RowFault | null {
    const length = this.varint();
    const start = this.at;
    if (!(length >= 0 && length <= this.end - start)) return stringFault(length, start, this.end);
    this.at = start + length;
    const origin = this.#bytes.byteOffset;
    return into.setUtf8(column, this.#bytes, start - origin, start + length - origin) ? null : NO_STRING;
  }

  #enum({ column, codes, faults }: EnumAction, into: ColumnBuilder): RowFault | null {
    const symbol = this.varint();
    if (!(symbol >= 0 && symbol < codes.length)) return this.#cut(NO_SYMBOL);
    const fault = faults[symbol] as RowFault | null;
    if (fault === null) (into.codes[column] as Int32Array)[into.row] = codes[symbol] as number;
    return fault;
  }

  #skip(node: SchemaNode, depth: number): RowFault | null {
    if (depth > AVRO_VALUE_DEPTH_MAX) return TOO_DEEP;
    switch (node.type) {
      case 'null':
        return null;
      case 'boolean':
        if (this.at >= this.end) return TRUNCATED;
        return (this.octets[this.at++] as number) > 1 ? NO_BOOLEAN : null;
      case 'float':
        return this.#skipBytes(4);
      case 'double':
        return this.#skipBytes(8);
      case 'fixed':
        return this.#skipBytes(node.size);
      case 'long':
        return this.wide() ? null : this.#cut(OVERLONG);
      case 'int': {
        const value = this.varint();
        return value === (value | 0) ? null : this.#cut(OVERLONG);
      }
      case 'enum': {
        const symbol = this.varint();
        return symbol >= 0 && symbol < node.symbols.length ? null : this.#cut(NO_SYMBOL);
      }
      case 'string':
      case 'bytes':
        return this.#skipBytes(this.varint());
      case 'union': {
        const branch = node.branches[this.varint()];
        return branch === undefined ? this.#cut(NO_BRANCH) : this.#skip(branch, depth + 1);
      }
      case 'record':
        return this.#skipFields(node, depth);
      case 'array':
        return this.#skipItems(node.items, false, depth);
      case 'map':
      default:
        return this.#skipItems(node.values, true, depth);
    }
  }

  #skipBytes(count: number): RowFault | null {
    if (!(count >= 0 && count <= this.end - this.at)) return stringFault(count, this.at, this.end);
    this.at += count;
    return null;
  }

  /** Only fields that take bytes: of the others, a record of empty records of empty records has exponentially many. */
  #skipFields(node: RecordNode, depth: number): RowFault | null {
    let types = this.#skipped.get(node);
    if (types === undefined) {
      types = node.fields.map(({ type }) => type).filter((type) => this.#leastBytes(type) > 0);
      this.#skipped.set(node, types);
    }
    for (const type of types) {
      const fault = this.#skip(type, depth + 1);
      if (fault !== null) return fault;
    }
    return null;
  }

  /** Blocks of items, each with their number; of a negative one the size in bytes follows, so that it is passed at once. */
  #skipItems(item: SchemaNode, isKeyed: boolean, depth: number): RowFault | null {
    const itemBytes = this.#leastBytes(item) + (isKeyed ? 1 : 0);
    for (;;) {
      let count = this.varint();
      if (count === 0) return null;
      if (count !== count) return this.#cut(OVERLONG);
      if (count < 0 && this.#countsItems) {
        count = -count;
        this.varint(); // the size of the block
      }
      const fault =
        count < 0 ? this.#skipBytes(this.varint()) : this.#skipBlock(item, isKeyed, count, itemBytes, depth);
      if (fault !== null) return fault;
    }
  }

  #skipBlock(
    item: SchemaNode,
    isKeyed: boolean,
    count: number,
    itemBytes: number,
    depth: number,
  ): RowFault | null {
    if (itemBytes === 0 && this.#countsItems && count > this.end - this.at) return TRUNCATED;
    if (itemBytes === 0) return null; // such as nulls, of which any number takes no bytes
    if (count > (this.end - this.at) / itemBytes) return TRUNCATED;
    for (let i = 0; i < count; i++) {
      const fault = (isKeyed ? this.#skipBytes(this.varint()) : null) ?? this.#skip(item, depth + 1);
      if (fault !== null) return fault;
    }
    return null;
  }

  /** Fewest bytes of a value: zero only for types whose values never take any. */
  #leastBytes(node: SchemaNode, depth = 0): number {
    const known = this.#bytesMin.get(node);
    if (known !== undefined) return known;
    if (depth > AVRO_VALUE_DEPTH_MAX) return 1; // no value of it can be read
    this.#bytesMin.set(node, 1); // of a record that contains itself, which then has no end
    const bytes = leastBytes(node, (inner) => this.#leastBytes(inner, depth + 1));
    this.#bytesMin.set(node, bytes);
    return bytes;
  }
}

function leastBytes(node: SchemaNode, inner: (node: SchemaNode) => number): number {
  switch (node.type) {
    case 'null':
      return 0;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return node.size;
    case 'record':
      return node.fields.reduce((sum, { type }) => sum + inner(type), 0);
    case 'union':
    case 'enum':
    case 'boolean':
    case 'int':
    case 'long':
    case 'string':
    case 'bytes':
    case 'array':
    case 'map':
    default:
      return 1;
  }
}
