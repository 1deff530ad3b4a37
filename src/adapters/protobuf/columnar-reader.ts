// Reads Protobuf messages straight into columns (hot path): no object, string or closure per event. A message means what
// Protobuf's readers make of it: of several values of a field the last counts, messages are merged, a member of a oneof unsets
// the others, and a field of another wire type than its own is an unknown one.
import type { ColumnBuilder } from '../../core/column-builder.ts';
import { MS_PER_SECOND } from '../../core/time.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import {
  ANY_NUMBER,
  FLOAT,
  OP_BASE64,
  OP_DECIMAL_TEXT,
  OP_DOUBLE,
  OP_FIXED32,
  OP_FIXED64,
  OP_FLOAT,
  OP_GROUP,
  OP_INT64_TEXT,
  OP_MESSAGE,
  OP_NOTHING,
  OP_SCALED_TEXT,
  OP_SFIXED32,
  OP_SFIXED64,
  OP_STRING,
  OP_TEXT_TIME,
  WIRE_GROUP_END,
} from './field-ops.ts';
import type { FieldPlan, MessageNode } from './message-plan.ts';
import { BAD_END, BAD_TAG, malformed, TRUNCATED } from './row-faults.ts';
import { ValueReader } from './value-reader.ts';

const TWO_32 = 2 ** 32;
const NANOS_PER_MS = 1e6;
/** Of a message that is no group. */
const NO_GROUP = -1;
const ROOT_DEPTH = 1;
/** Field numbers begin with 1. */
const TAG_MIN = 8;
const TAG_SECONDS = 0x08;
const TAG_NANOS = 0x10;

export class ProtobufReader extends ValueReader implements RowReader {
  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): RowFault | null {
    this.enter(bytes, from, to);
    this.into = into;
    const { root } = this.plan;
    this.row.begin(into);
    this.row.enterNode(root.id);
    const fault = this.#message(root, ROOT_DEPTH, NO_GROUP);
    if (fault !== null || this.row.isFull) return fault;
    const what = this.row.end();
    return what === null ? null : malformed(what);
  }

  /**
   * Reads fields up to `end`, or to the end of a group. Recursive as deep as columns are declared.
   * @param group number of the group's field
   */
  #message(node: MessageNode, depth: number, group: number): RowFault | null {
    const { dense } = node;
    const octets = this.octets;
    while (this.at < this.end) {
      let tag = octets[this.at] as number;
      let field: FieldPlan | null;
      if (tag < 0x80) {
        this.at++;
        field = dense[tag] as FieldPlan | null;
      } else {
        const fault = this.tag();
        if (fault !== null) return fault;
        tag = this.low >>> 0;
        field = (tag < 0x80 ? dense[tag] : node.sparse.get(tag)) ?? null;
      }
      if (field === null) {
        if (tag < TAG_MIN) return BAD_TAG;
        if ((tag & 7) === WIRE_GROUP_END) return tag >>> 3 === group ? null : BAD_END;
      }
      const fault = field === null ? this.skip(tag >>> 3, tag & 7, depth) : this.#value(field, depth);
      if (fault !== null) return fault;
    }
    return group === NO_GROUP ? null : TRUNCATED;
  }

  #value(field: FieldPlan, depth: number): RowFault | null {
    const { column, check } = field;
    switch (field.op) {
      case OP_STRING: {
        const fault = this.string(column);
        if (fault !== null) return fault;
        break;
      }
      case OP_DOUBLE:
        if ((this.at += 8) > this.end) return TRUNCATED;
        this.fit(column, check, this.memory.view.getFloat64(this.at - 8, true));
        break;
      case OP_FLOAT:
        if ((this.at += 4) > this.end) return TRUNCATED;
        this.fit(column, check, this.memory.view.getFloat32(this.at - 4, true));
        break;
      case OP_MESSAGE:
      case OP_GROUP: {
        const fault = this.#nested(field, field.node as MessageNode, depth + 1); // these ops have one
        if (fault !== null) return fault;
        break;
      }
      case OP_TEXT_TIME:
      case OP_INT64_TEXT:
      case OP_DECIMAL_TEXT:
      case OP_SCALED_TEXT: {
        const fault = this.text(field);
        if (fault !== null) return fault;
        break;
      }
      case OP_BASE64: {
        const fault = this.base64(column);
        if (fault !== null) return fault;
        break;
      }
      case OP_FIXED32:
      case OP_SFIXED32:
      case OP_FIXED64:
      case OP_SFIXED64:
        if (!this.fixed(field)) return TRUNCATED;
        break;
      case OP_NOTHING: {
        const fault = this.skip(field.number, field.wire, depth);
        if (fault !== null) return fault;
        break;
      }
      default: {
        const fault = this.varint();
        if (fault !== null) return fault;
        if (!this.varintValue(field)) return null;
      }
    }
    if (field.unsets !== null) this.#unset(field.unsets);
    return null;
  }

  #nested({ op, number }: FieldPlan, node: MessageNode, depth: number): RowFault | null {
    const { id, timeColumn } = node;
    if (this.row.enterNode(id)) {
      this.seconds[id] = 0;
      this.nanos[id] = 0;
    }
    if (op === OP_GROUP) {
      const fault = this.#message(node, depth, number);
      if (fault === null && timeColumn >= 0) this.#setTime(node);
      return fault;
    }
    let fault = this.length();
    if (fault !== null) return fault;
    const { end } = this;
    this.end = this.at + this.low;
    fault = timeColumn < 0 ? this.#message(node, depth, NO_GROUP) : this.#time(node, depth);
    this.end = end;
    return fault;
  }

  /** A Timestamp or Duration. */
  #time(node: MessageNode, depth: number): RowFault | null {
    const { id } = node;
    const octets = this.octets;
    while (this.at < this.end) {
      const tag = octets[this.at] as number;
      if (tag !== TAG_SECONDS && tag !== TAG_NANOS) {
        const fault = this.#message(node, depth, NO_GROUP);
        if (fault !== null) return fault;
        break;
      }
      this.at++;
      const fault = this.varint();
      if (fault !== null) return fault;
      if (tag === TAG_SECONDS) this.seconds[id] = this.high * TWO_32 + (this.low >>> 0);
      else this.nanos[id] = this.low;
    }
    this.#setTime(node);
    return null;
  }

  /** Milliseconds, with their fraction in a column that can hold it. */
  #setTime({ id, timeColumn, timeCheck }: MessageNode): void {
    const millis = (this.nanos[id] as number) / NANOS_PER_MS;
    const hasFraction = timeCheck === ANY_NUMBER || timeCheck === FLOAT;
    const value = (this.seconds[id] as number) * MS_PER_SECOND + (hasFraction ? millis : Math.floor(millis));
    this.fit(timeColumn, timeCheck, value);
  }

  #unset({ columns, nodes }: NonNullable<FieldPlan['unsets']>): void {
    for (let i = 0; i < columns.length; i++) this.row.forget(columns[i] as number);
    for (let i = 0; i < nodes.length; i++) this.row.leaveNode(nodes[i] as number);
  }
}
