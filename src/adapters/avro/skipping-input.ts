// Values of Avro binary that no column reads (hot path where a writer has more than the topology): no loop or recursion that the
// bytes could make longer than they are themselves.
import { AVRO_VALUE_DEPTH_MAX } from '../../core/event-limits.ts';
import type { RowFault } from '../shared/row-reader.ts';
import { BinaryInput } from './binary-input.ts';
import {
  NO_BOOLEAN,
  NO_BRANCH,
  NO_SYMBOL,
  OVERLONG,
  stringFault,
  TOO_DEEP,
  TRAILING,
  TRUNCATED,
} from './row-faults.ts';
import type { RecordNode, SchemaNode } from './schema-node.ts';

export class SkippingInput extends BinaryInput {
  readonly #countsItems: boolean;
  readonly #bytesMin = new Map<SchemaNode, number>();
  readonly #skipped = new Map<RecordNode, readonly SchemaNode[]>();

  /** @param countsItems whether no block may claim more items than it has, also where a reader could pass it by its size */
  constructor(countsItems = false) {
    super();
    this.#countsItems = countsItems;
  }

  /** Whether bytes [from, to) are a value of the type, and nothing else: why not, or null. */
  walk(node: SchemaNode, bytes: Buffer, from: number, to: number): RowFault | null {
    this.enter(bytes, from, to);
    return this.skip(node, 0) ?? (this.at === this.end ? null : TRAILING);
  }

  /** Whether a number could not be read because the bytes end. */
  protected cut(otherwise: RowFault): RowFault {
    return this.at > this.end ? TRUNCATED : otherwise;
  }

  protected skip(node: SchemaNode, depth: number): RowFault | null {
    if (depth > AVRO_VALUE_DEPTH_MAX) return TOO_DEEP;
    switch (node.type) {
      case 'null':
        return null;
      case 'boolean':
        if (this.at >= this.end) return TRUNCATED;
        return (this.octets[this.at++] as number) > 1 ? NO_BOOLEAN : null;
      case 'float':
        return this.skipBytes(4);
      case 'double':
        return this.skipBytes(8);
      case 'fixed':
        return this.skipBytes(node.size);
      case 'long':
        return this.wide() ? null : this.cut(OVERLONG);
      case 'int': {
        const value = this.varint();
        return value === (value | 0) ? null : this.cut(OVERLONG);
      }
      case 'enum': {
        const symbol = this.varint();
        return symbol >= 0 && symbol < node.symbols.length ? null : this.cut(NO_SYMBOL);
      }
      case 'string':
      case 'bytes':
        return this.skipBytes(this.varint());
      case 'union': {
        const branch = node.branches[this.varint()];
        return branch === undefined ? this.cut(NO_BRANCH) : this.skip(branch, depth + 1);
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

  protected skipBytes(count: number): RowFault | null {
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
      const fault = this.skip(type, depth + 1);
      if (fault !== null) return fault;
    }
    return null;
  }

  /** Blocks of items, each with their number; of a negative one the size in bytes follows, so that it is passed at once. */
  #skipItems(item: SchemaNode, isKeyed: boolean, depth: number): RowFault | null {
    for (;;) {
      let count = this.varint();
      if (count === 0) return null;
      if (count !== count) return this.cut(OVERLONG);
      if (count < 0 && this.#countsItems) {
        count = -count;
        this.varint(); // the size of the block
      }
      const fault = count < 0 ? this.skipBytes(this.varint()) : this.skipBlock(item, isKeyed, count, depth);
      if (fault !== null) return fault;
    }
  }

  /** How many items, or entries, the block at hand has: 0 behind the last one, -1 for what is no block. */
  protected blockCount(item: SchemaNode, isKeyed: boolean): number {
    let count = this.varint();
    if (count < 0) {
      count = -count;
      this.varint(); // the size of the block
    }
    const itemBytes = this.#leastBytes(item) + (isKeyed ? 1 : 0);
    if (itemBytes > 0 && count > (this.end - this.at) / itemBytes) this.at = this.end + 1;
    return count === count && this.at <= this.end ? count : -1;
  }

  protected skipBlock(item: SchemaNode, isKeyed: boolean, count: number, depth: number): RowFault | null {
    const itemBytes = this.#leastBytes(item) + (isKeyed ? 1 : 0);
    if (itemBytes === 0 && this.#countsItems && count > this.end - this.at) return TRUNCATED;
    if (itemBytes === 0) return null; // such as nulls, of which any number takes no bytes
    if (count > (this.end - this.at) / itemBytes) return TRUNCATED;
    for (let i = 0; i < count; i++) {
      const fault = (isKeyed ? this.skipBytes(this.varint()) : null) ?? this.skip(item, depth + 1);
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
