// Reads JSON objects straight into columns (hot path): no object, string or closure per event. A text means what JSON.parse
// makes of it: of several members of one name the last counts, whatever the others are.
import type { ColumnBuilder, ValueBuilder } from '../../core/column-builder.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import { Cells } from './cells.ts';
import type { ColumnPlan, ListNode, ObjectNode } from './column-tree.ts';
import { OP_BOOLEAN, OP_CONNECT_DECIMAL, OP_STRING } from './column-values.ts';
import { HALF_A_KEY, KeyScanner } from './key-scanner.ts';
import { ListReaders, type ListItems } from './list-items.ts';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  LETTER_N,
  LETTER_T,
  MINUS,
  NINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  ZERO,
} from './octets.ts';
import { HALF_A_PAIR, malformed, NO_OBJECT, OTHER_TYPE, RowState } from './row-state.ts';
import { NOT_UTF8 } from './text-scanner.ts';
import { NO_COMMA } from './value-scanner.ts';

const NOT_AN_OBJECT = 'the text is no JSON object';
const BYTE_ORDER_MARK = 'the text begins with a byte order mark, which JSON does not have';
const BYTE_ORDER_MARK_FIRST = 0xef;
const TRAILING = 'something follows the JSON object';

/** Instead of a member: its name is none of them, or there is none. */
const UNKNOWN = -1;
const FAILED = -2;

export class JsonReader extends KeyScanner implements RowReader {
  readonly #root: ObjectNode;
  readonly #lists = new ListReaders();
  /** Of the record, or of the item of a list, that is being read. */
  #row: RowState;
  #cells: Cells;
  #into!: ValueBuilder;
  #record!: ColumnBuilder;
  #start = 0;

  /** @param eventTime the column whose range has a code of its own */
  constructor(plans: readonly ColumnPlan[], root: ObjectNode, eventTime: string) {
    super();
    this.#root = root;
    this.#row = new RowState(plans);
    this.#cells = new Cells(plans, this.#row, eventTime);
  }

  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): RowFault | null {
    this.enter(bytes, from, to);
    this.#into = into;
    this.#record = into;
    this.#row.begin(into);
    this.#cells.begin(into);
    const start = this.at;
    this.#start = start;
    if (!this.#document()) return malformed(`${this.what}, at byte ${this.whatAt - start}`);
    const what = this.#row.isFull ? null : this.#row.end(start);
    return what === null ? null : malformed(what);
  }

  #document(): boolean {
    const first = this.space();
    if (first !== OPEN_OBJECT)
      return this.fail(first === BYTE_ORDER_MARK_FIRST ? BYTE_ORDER_MARK : NOT_AN_OBJECT, this.at);
    if (!this.#object(this.#root)) return false;
    return this.space() < 0 || this.fail(TRAILING, this.at);
  }

  /** Reads the object whose brace is at `at`. Recursive as deep as columns are declared. */
  #object(node: ObjectNode): boolean {
    this.at++;
    if (this.space() === CLOSE_OBJECT) {
      this.at++;
      return true;
    }
    let last = 0;
    for (;;) {
      const member = this.#member(node, last);
      if (member === FAILED) return false;
      if (member !== UNKNOWN) last = member + 1;
      if (!this.#memberValue(node, member)) return false;
      let next = this.at < this.end ? (this.octets[this.at] as number) : -1;
      if (next <= SPACE) next = this.space();
      if (next !== COMMA && next !== CLOSE_OBJECT) return this.fail(NO_COMMA, this.at);
      this.at++;
      if (next === CLOSE_OBJECT) return true;
    }
  }

  /** Reads a name and its colon, up to the value. @param last the member before, plus one */
  #member(node: ObjectNode, last: number): number {
    const { octets, end } = this;
    if (this.at < end && (octets[this.at] as number) <= SPACE) this.space();
    let member = node.followers[last] as number;
    const colonEnd = node.names.endAt(member, this.memory, this.at, end);
    if (colonEnd >= 0) this.at = colonEnd;
    else {
      member = this.#otherMember(node);
      if (member === FAILED) return FAILED;
      if (member !== UNKNOWN) node.followers[last] = member;
    }
    if (this.at < end && (octets[this.at] as number) <= SPACE) this.space();
    return member;
  }

  /** Reads a name that is not the expected one, and its colon. */
  #otherMember({ names }: ObjectNode): number {
    if (!this.memberName()) return FAILED;
    if (!this.isEscaped) return names.find(this.octets, this.textFrom, this.textTo);
    const length = this.unescaped();
    return length < 0 ? UNKNOWN : names.find(this.scratch, 0, length);
  }

  #memberValue(node: ObjectNode, member: number): boolean {
    if (member === UNKNOWN) return this.skip();
    const place = node.members[member] as number;
    return place >= 0 ? this.#value(place) : this.#nested(node.objects[-1 - place] as ObjectNode);
  }

  #nested(node: ObjectNode): boolean {
    const { at } = this;
    const first = at < this.end ? (this.octets[at] as number) : -1;
    const { columns, list, map } = node;
    const isList = first === OPEN_ARRAY && (node.items.length > 0 || node.length >= 0 || list !== null);
    if (first === OPEN_OBJECT || isList) {
      // Of several members of this name, this is the last so far.
      for (let i = 0; i < columns.length; i++) this.#row.forget(columns[i] as number);
      const other = isList ? map : list;
      if (other !== null) for (const column of other.columns) this.#row.misfit(column, NO_OBJECT, at);
      if (isList) return this.#list(node);
      return map === null ? this.#object(node) : this.#map(node, map);
    }
    if (!this.skip()) return false;
    for (let i = 0; i < columns.length; i++) {
      if (first === LETTER_N) this.#row.null(columns[i] as number, at);
      else this.#row.misfit(columns[i] as number, NO_OBJECT, at);
    }
    return true;
  }

  /** Reads the list whose bracket is at `at`. */
  #list(node: ObjectNode): boolean {
    const { items, list } = node;
    const read = list === null ? null : this.#lists.begin(list, false, this.#record);
    let count = 0;
    this.at++;
    if (this.space() === CLOSE_ARRAY) this.at++;
    else {
      for (;;) {
        this.space();
        const { at } = this;
        const member = count < items.length ? (items[count] as number) : UNKNOWN;
        if ((read === null || member !== UNKNOWN) && !this.#memberValue(node, member)) return false;
        if (read !== null) this.at = at; // also that of an item with columns of its own
        if (read !== null && list !== null && !this.#item(list, read, -1)) return false;
        count++;
        const next = this.space();
        if (next !== COMMA && next !== CLOSE_ARRAY) return this.fail(NO_COMMA, this.at);
        this.at++;
        if (next === CLOSE_ARRAY) break;
      }
    }
    if (node.length >= 0) this.#cells.length(node.members[node.length] as number, count, this.at);
    read?.end(this.#row);
    return true;
  }

  /**
   * Reads an item of a list, or the value of a map's entry.
   * @param keyLength of the entry's key; -1 without one
   */
  #item(list: ListNode, read: ListItems, keyLength: number): boolean {
    if (read.fault !== null || keyLength === HALF_A_KEY) return this.skip();
    read.enter();
    if (keyLength >= 0 && list.key >= 0) read.cells.text(list.key, this.key, 0, keyLength, this.at);
    const { item, value } = list;
    if (item === null && value < 0) {
      if (!this.skip()) return false;
    } else if (!this.#inItem(read, item, value)) return false;
    read.leave(this.#start);
    return true;
  }

  #inItem(read: ListItems, item: ObjectNode | null, value: number): boolean {
    const row = this.#row;
    const cells = this.#cells;
    this.#row = read.row;
    this.#cells = read.cells;
    this.#into = read.lists;
    const isRead = item === null ? this.#value(value) : this.#nested(item);
    this.#row = row;
    this.#cells = cells;
    this.#into = this.#record;
    return isRead;
  }

  /** Reads the object whose brace is at `at`, each member as an entry. */
  #map(node: ObjectNode, map: ListNode): boolean {
    const read = this.#lists.begin(map, true, this.#record);
    this.at++;
    if (this.space() === CLOSE_OBJECT) this.at++;
    else {
      for (;;) {
        if (!this.memberName()) return false;
        const length = this.readKey();
        const member = length < 0 ? UNKNOWN : node.names.find(this.key, 0, length);
        this.space();
        const { at } = this;
        if (member !== UNKNOWN && !this.#memberValue(node, member)) return false;
        this.at = at;
        if (length >= 0) {
          const item = map.keys.itemOf(this.key, 0, length, read.lists.size);
          if (item >= 0) read.lists.again(item);
        } else if (read.fault === null)
          read.fault = `a key of '${map.plans[0]?.name}' has half a surrogate pair`;
        if (!this.#item(map, read, length)) return false;
        const next = this.space();
        if (next !== COMMA && next !== CLOSE_OBJECT) return this.fail(NO_COMMA, this.at);
        this.at++;
        if (next === CLOSE_OBJECT) break;
      }
    }
    read.end(this.#row);
    return true;
  }

  #value(column: number): boolean {
    const { at } = this;
    const op = this.#cells.ops[column] as number;
    const first = at < this.end ? (this.octets[at] as number) : -1;
    if (first === QUOTE) return this.#text(column, op);
    if (first === MINUS || (first >= ZERO && first <= NINE)) return this.#number(column);
    if (first === OPEN_OBJECT && op === OP_CONNECT_DECIMAL) {
      if (!this.variableScale()) return false;
      this.#cells.connectDecimal(column, this.base64, 0, this.base64Length, this.scale, at);
      return true;
    }
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (!this.skip()) return false;
      this.#row.misfit(column, OTHER_TYPE, at);
      return true;
    }
    if (!this.literal()) return false;
    if (first === LETTER_N) this.#row.null(column, at);
    else if (op === OP_BOOLEAN) this.#row.number(column, first === LETTER_T ? 1 : 0);
    else this.#row.misfit(column, OTHER_TYPE, at);
    return true;
  }

  #number(column: number): boolean {
    const { at } = this;
    const value = this.number();
    if (value !== value) return false;
    this.#cells.number(column, value, this.octets, at, this.at);
    return true;
  }

  #text(column: number, op: number): boolean {
    const { at } = this;
    if (!this.text()) return false;
    if (op === OP_STRING && !this.isEscaped) {
      // The dictionary checks strings that it does not know.
      const { bytes, origin } = this;
      if (!this.#into.setUtf8(column, bytes, this.textFrom - origin, this.textTo - origin))
        return this.fail(NOT_UTF8, at);
      this.#row.has(column);
      return true;
    }
    if (!this.isTextUtf8()) return this.fail(NOT_UTF8, at);
    if (this.isEscaped) {
      const length = this.unescaped();
      if (length >= 0) this.#cells.text(column, this.scratch, 0, length, at);
      else this.#row.misfit(column, HALF_A_PAIR, at);
    } else this.#cells.text(column, this.octets, this.textFrom, this.textTo, at);
    return true;
  }
}
