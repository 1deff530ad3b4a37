// Reads Protobuf messages straight into columns (hot path): no object, string or closure per event. A message means what
// Protobuf's readers make of it: of several values of a field the last counts, messages are merged, a member of a oneof unsets
// the others, and a field of another wire type than its own is an unknown one.
import type { ColumnBuilder, ListBuilder } from '../../core/column-builder.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import {
  OP_BASE64,
  OP_DECIMAL_TEXT,
  OP_DOUBLE,
  OP_ENTRY,
  OP_EPOCH_TEXT,
  OP_FIXED32,
  OP_FIXED64,
  OP_FLOAT,
  OP_GROUP,
  OP_INT64_TEXT,
  OP_ITEM,
  OP_MESSAGE,
  OP_NOTHING,
  OP_PACKED,
  OP_SCALED_TEXT,
  OP_SFIXED32,
  OP_SFIXED64,
  OP_STRING,
  OP_TEXT_TIME,
  WIRE_GROUP,
  WIRE_GROUP_END,
} from './field-ops.ts';
import { ListItems, NO_LISTS } from './list-items.ts';
import type { FieldPlan, ListField, MessageNode } from './message-plan.ts';
import { BAD_END, BAD_TAG, malformed, TRUNCATED } from './row-faults.ts';
import { ValueReader } from './value-reader.ts';

const TWO_32 = 2 ** 32;
/** Of a message that is no group. */
const NO_GROUP = -1;
const ROOT_DEPTH = 1;
/** Field numbers begin with 1. */
const TAG_MIN = 8;
const TAG_SECONDS = 0x08;
const TAG_NANOS = 0x10;

/** What reads the items of a list: a reader of their own, and what becomes of them. */
interface ItemReader {
  readonly reader: ProtobufReader;
  readonly state: ListItems;
}

export class ProtobufReader extends ValueReader implements RowReader {
  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): RowFault | null {
    this.enter(bytes, from, to);
    this.into = into;
    this.#lists = into.lists;
    const { root } = this.plan;
    this.row.begin(into);
    this.row.enterNode(root.id);
    const fault = this.#message(root, ROOT_DEPTH, NO_GROUP);
    if (fault !== null || this.row.isFull) return fault;
    const what = this.row.end(into.lists);
    return what === null ? null : malformed(what);
  }

  /** What reads the items of each list, made when it is first met. */
  readonly #items = new Map<ListField, ItemReader>();
  #lists: ColumnBuilder['lists'] = NO_LISTS;

  /** Starts the list, unless the record has items of it already. */
  #itemsOf(list: ListField): ItemReader {
    let items = this.#items.get(list);
    if (items === undefined) {
      const reader = new ProtobufReader(list.plan);
      this.#items.set(list, (items = { reader, state: new ListItems(list, reader.row) }));
    }
    const column = list.columns[0] as number;
    if (!this.row.isTouched(column)) {
      const lists = this.#lists[column] as ListBuilder; // it is one of lists
      items.reader.into = lists;
      items.state.begin(lists);
    }
    return items;
  }

  /** An item of a repeated field, or several that are packed. */
  #listItems({ op, wire, number }: FieldPlan, list: ListField, depth: number): RowFault | null {
    const items = this.#itemsOf(list);
    const { end } = this;
    const isGroup = wire === WIRE_GROUP;
    let fault: RowFault | null = null;
    if (op === OP_PACKED || (list.value === null && !isGroup)) {
      fault = this.length();
      if (fault !== null) return fault;
      this.end = this.at + this.low;
    }
    if (op === OP_PACKED)
      while (fault === null && this.at < this.end) fault = this.#item(items, list, depth, NO_GROUP);
    else fault = this.#item(items, list, depth, isGroup ? number : NO_GROUP);
    this.end = end;
    if (fault === null) items.state.end(this.row);
    return fault;
  }

  /** @param group number of the item's field, if it is a group */
  #item({ reader, state }: ItemReader, { value }: ListField, depth: number, group: number): RowFault | null {
    reader.enter(this.bytes, this.at - this.origin, this.end - this.origin);
    state.enter();
    const fault = value === null ? reader.#wholeMessage(depth + 1, group) : reader.#value(value, depth + 1);
    this.at = reader.at;
    return fault ?? state.leave();
  }

  #wholeMessage(depth: number, group: number): RowFault | null {
    const { root } = this.plan;
    if (root.timeColumn < 0) return this.#message(root, depth, group);
    this.seconds[root.id] = 0;
    this.nanos[root.id] = 0;
    return this.#time(root, depth);
  }

  /** An entry of a map: of several with one key the last counts, in the place of the first. */
  #entry(list: ListField, depth: number): RowFault | null {
    const { reader, state } = this.#itemsOf(list);
    let fault = this.length();
    if (fault !== null) return fault;
    const from = this.at - this.origin;
    const to = from + this.low;
    this.at += this.low;
    reader.enter(this.bytes, from, to);
    fault = reader.#entryValue(state, list, depth + 1);
    if (fault !== null || state.isLeftOut) return fault;
    const item = state.itemOf(this.bytes, from, to);
    if (item >= 0) {
      state.lists.again(item);
      reader.enter(this.bytes, from, to);
      fault = reader.#entryValue(state, list, depth + 1);
    }
    fault ??= state.leaveEntry();
    if (fault === null) state.end(this.row);
    return fault;
  }

  #entryValue(state: ListItems, { valueNode }: ListField, depth: number): RowFault | null {
    state.enter();
    // An entry without a value has an empty message.
    if (valueNode !== null && this.row.enterNode(valueNode.id)) {
      this.seconds[valueNode.id] = 0;
      this.nanos[valueNode.id] = 0;
    }
    return this.#message(this.plan.root, depth, NO_GROUP);
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
        this.fit(column, check, this.memory.view.getFloat64(this.at - 8, true), 0, field.unit);
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
      case OP_ITEM:
      case OP_PACKED:
      case OP_ENTRY: {
        const list = field.list as ListField; // these ops have one
        const fault = field.op === OP_ENTRY ? this.#entry(list, depth) : this.#listItems(field, list, depth);
        if (fault !== null) return fault;
        break;
      }
      case OP_BASE64:
      case OP_EPOCH_TEXT:
      case OP_TEXT_TIME:
      case OP_INT64_TEXT:
      case OP_DECIMAL_TEXT:
      case OP_SCALED_TEXT: {
        const fault = this.text(field);
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
    if (field.unsets !== null) this.unset(field.unsets);
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
      if (fault === null && timeColumn >= 0) this.setTime(node);
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
    this.setTime(node);
    return null;
  }
}
