// Avro binary as objects (control path): for files, whose schema is their own. Nothing that the bytes claim is believed
// beyond their end. Source: https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
import { AVRO_VALUE_DEPTH_MAX } from '../../core/event-limits.ts';
import { TimeOfDay, UnionValue } from '../../core/file-values.ts';
import { decimalValue } from '../shared/decimal-value.ts';
import { BinaryInput } from './binary-input.ts';
import { branchName, DURATION_PARTS, isDuration, isUuid, valueBranches } from './column-plan.ts';
import type { FixedNode, PrimitiveNode, SchemaNode } from './schema-node.ts';
import { isTimeOfDay, unitChange, unitOf } from './time-units.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const VARINT_BYTES_MAX = 10;

export class ValueReader extends BinaryInput {
  #bytes: Buffer = Buffer.alloc(0);

  /** Starts reading bytes. */
  open(bytes: Buffer): void {
    this.#bytes = bytes;
    this.enter(bytes, 0, bytes.length);
  }

  get bytesLeft(): number {
    return this.end - this.at;
  }

  /**
   * The next value: an instant of milli-, micro- or nanoseconds or days is a Date, a time of day is a TimeOfDay, an
   * integer beyond 2^53 a bigint, a decimal and a UUID are text, and one of a union of several types is a UnionValue.
   * @throws Error that says why there is none
   */
  read(node: SchemaNode, depth = 0): unknown {
    if (depth > AVRO_VALUE_DEPTH_MAX) throw new Error('a value is nested too deeply');
    switch (node.type) {
      case 'null':
        return null;
      case 'boolean':
        return this.#byte() !== 0;
      case 'int':
      case 'long':
        return instantOr(this.#long(), node);
      case 'float':
        return this.#take(4).readFloatLE();
      case 'double':
        return this.#take(8).readDoubleLE();
      case 'fixed':
        return octetsOr(this.#take(node.size), node);
      case 'bytes':
        return octetsOr(this.#take(this.#length()), node);
      case 'string':
        return UTF8.decode(this.#take(this.#length()));
      case 'enum':
        return chosen(node.symbols, this.#length(), 'symbol');
      case 'union':
        return this.#union(node.branches, depth);
      case 'record':
        return Object.fromEntries(node.fields.map(({ name, type }) => [name, this.read(type, depth + 1)]));
      case 'array':
        return this.#items(() => this.read(node.items, depth + 1));
      case 'map':
      default:
        return Object.fromEntries(
          this.#items(
            () => [UTF8.decode(this.#take(this.#length())), this.read(node.values, depth + 1)] as const,
          ),
        );
    }
  }

  #union(branches: readonly SchemaNode[], depth: number): unknown {
    const branch = chosen(branches, this.#length(), 'branch');
    const value = this.read(branch, depth + 1);
    const isChoice = branch.type !== 'null' && valueBranches(branches).length > 1;
    return isChoice ? new UnionValue(branchName(branch), value) : value;
  }

  #items<T>(item: () => T): T[] {
    const items: T[] = [];
    for (;;) {
      let count = Number(this.#long());
      if (count === 0) return items;
      if (count < 0) {
        count = -count;
        this.#long(); // the size of the block
      }
      // Also of items that take no bytes, which no file has.
      if (count > this.bytesLeft) throw new Error('a block is said to have more items than bytes');
      for (let i = 0; i < count; i++) items.push(item());
    }
  }

  #byte(): number {
    return this.#take(1)[0] as number;
  }

  #take(count: number): Buffer {
    if (!(count <= this.bytesLeft)) throw new Error('the bytes end within a value');
    const from = this.at - this.#bytes.byteOffset;
    this.at += count;
    return this.#bytes.subarray(from, from + count);
  }

  #length(): number {
    const length = this.varint();
    if (!(length >= 0)) throw new Error('a length is no number, or negative');
    return length;
  }

  /** A number if it is exact. */
  #long(): number | bigint {
    const from = this.at;
    const value = this.varint();
    if (!Number.isNaN(value)) return value;
    this.at = from;
    let bits = 0n;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.#byte();
      bits |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asIntN(64, (bits >> 1n) ^ -(bits & 1n));
    }
    throw new Error('a number has more than 64 bits');
  }
}

function chosen<T>(all: readonly T[], index: number, what: string): T {
  const found = all[index];
  if (found === undefined) throw new Error(`there is no ${what} ${index}`);
  return found;
}

/** A decimal and a UUID are text; a duration has its parts as well. */
function octetsOr(bytes: Buffer, node: PrimitiveNode | FixedNode): unknown {
  if (node.scale !== null) return decimalValue(bytes, node.scale);
  if (isDuration(node))
    return Object.assign(
      bytes,
      Object.fromEntries(DURATION_PARTS.map((part, i) => [part, bytes.readUInt32LE(4 * i)])),
    );
  if (!isUuid(node)) return bytes;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function instantOr(value: number | bigint, node: SchemaNode): number | bigint | Date | TimeOfDay {
  const unit = unitOf(node);
  if (unit === null) return value;
  if (isTimeOfDay(unit)) return new TimeOfDay(value);
  const change = unitChange(unit, 'ms');
  if (change === null) return new Date(Number(value));
  const { times, over } = change;
  if (typeof value === 'number') return new Date(Math.floor((value * times) / over));
  const whole = value / BigInt(over);
  return new Date(Number(value < 0n && value % BigInt(over) !== 0n ? whole - 1n : whole));
}
