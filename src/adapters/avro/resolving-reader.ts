// Reads Avro binary of another schema than the topology's, or of one with more than plain fields, straight into columns (hot
// path): no object, string or closure per event, and no loop or recursion that the bytes could make longer than they are
// themselves.
import { NOT_UTF8 } from '../../core/byte-dictionary.ts';
import type { ColumnBuilder, ListBuilder, ValueBuilder } from '../../core/column-builder.ts';
import { LIST_ITEMS_MAX } from '../../core/event-limits.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import type { Action, ArrayAction, ListAction, MapAction } from './actions.ts';
import type { Constant, ListConstant, ScalarConstant } from './default-values.ts';
import {
  NO_BOOLEAN,
  NO_BRANCH,
  NO_STRING,
  NO_SYMBOL,
  OVERLONG,
  stringFault,
  TOO_MANY_ITEMS,
  TRAILING,
  TRUNCATED,
} from './row-faults.ts';
import { ScalarInput } from './scalar-input.ts';

type NumberAction = Extract<Action, { kind: 'number' }>;
type EnumAction = Extract<Action, { kind: 'enum' }>;

export class ResolvingReader extends ScalarInput implements RowReader {
  readonly #root: Action;
  #into!: ColumnBuilder;

  /** @param countsItems whether no block may claim more items than it has, also where a reader could pass it by its size */
  constructor(root: Action, countsItems = false) {
    super(countsItems);
    this.#root = root;
  }

  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): RowFault | null {
    this.enter(bytes, from, to);
    this.#into = into;
    return this.#run(this.#root, into) ?? (this.at === this.end ? null : TRAILING);
  }

  #run(action: Action, into: ValueBuilder): RowFault | null {
    switch (action.kind) {
      case 'number':
        return this.#number(action, into);
      case 'string':
        return this.string(action.column, into);
      case 'enum':
        return this.#enum(action, into);
      case 'null':
        into.setNull(action.column);
        return null;
      case 'union': {
        const branch = action.branches[this.varint()];
        return branch === undefined ? this.cut(NO_BRANCH) : this.#run(branch, into);
      }
      case 'record':
        return this.#record(action.fields, action.constants, into);
      case 'skip':
        return this.skip(action.node, 0);
      case 'error':
        return action.fault;
      case 'nulls':
        this.#nulls(action.columns, into);
        return null;
      case 'branch':
        this.#nulls(action.nulls, into);
        return this.#run(action.action, into);
      case 'array':
        return this.#array(action, into);
      case 'map':
        return this.#map(action, into);
      case 'bytes':
      case 'decimal':
      case 'digits':
      case 'duration':
      case 'epoch':
      case 'numeral':
      case 'scaled':
      case 'symbol':
      case 'uuid':
      case 'variable-scale':
      default:
        return this.exact(action, into);
    }
  }

  #record(fields: readonly Action[], constants: readonly Constant[], into: ValueBuilder): RowFault | null {
    for (let i = 0; i < fields.length; i++) {
      const fault = this.#run(fields[i] as Action, into);
      if (fault !== null) return fault;
    }
    for (let i = 0; i < constants.length; i++) {
      const constant = constants[i] as Constant;
      if ('column' in constant) setConstant(constant, into);
      else this.#constantList(constant);
    }
    return null;
  }

  #constantList({ list, items }: ListConstant): void {
    const lists = this.#into.lists[list] as ListBuilder; // a column of lists has one
    lists.begin();
    for (const item of items) {
      for (const constant of item) setConstant(constant, lists);
      lists.accept();
    }
  }

  #nulls(columns: readonly number[], into: ValueBuilder): void {
    for (let i = 0; i < columns.length; i++) into.setNull(columns[i] as number);
  }

  #array(action: ArrayAction, into: ValueBuilder): RowFault | null {
    const { item, items, missing, length, list } = action;
    if (list !== null) return this.#list(action, list, into);
    let count = 0;
    for (;;) {
      const block = this.blockCount(item, false);
      if (block === 0) break;
      if (block < 0) return this.cut(OVERLONG);
      const from = count;
      count += block;
      const read = Math.min(count, items.length);
      for (let i = from; i < read; i++) {
        const wanted = items[i] as Action | null;
        const fault = wanted === null ? this.skip(item, 1) : this.#run(wanted, into);
        if (fault !== null) return fault;
      }
      const fault = this.skipBlock(item, false, count - Math.max(from, read), 1);
      if (fault !== null) return fault;
    }
    return this.#endArray(missing, length, count, into);
  }

  #endArray(
    missing: ArrayAction['missing'],
    length: number,
    count: number,
    into: ValueBuilder,
  ): RowFault | null {
    for (let i = count; i < missing.length; i++) {
      const action = missing[i] as Action | null;
      const fault = action === null ? null : this.#run(action, into);
      if (fault !== null) return fault;
    }
    if (length >= 0) into.setNumber(length, count);
    return null;
  }

  /** An array of whose items columns have lists. */
  #list(action: ArrayAction, list: ListAction, into: ValueBuilder): RowFault | null {
    const { item, items, missing, length } = action;
    const lists = this.#into.lists[list.column] as ListBuilder; // a column of lists has one
    lists.begin();
    let count = 0;
    for (;;) {
      const block = this.blockCount(item, false);
      if (block === 0) break;
      if (block < 0) return this.cut(OVERLONG);
      // Of items that take no bytes, too, there are at most as many as bytes.
      if (count + block > LIST_ITEMS_MAX || block > this.end - this.at) return TOO_MANY_ITEMS;
      for (const end = count + block; count < end; count++) {
        const { at } = this;
        const wanted = items[count] ?? null;
        let fault = wanted === null ? null : this.#run(wanted, into);
        if (fault !== null) return fault;
        this.at = at; // the item that has columns of its own is one of the list as well
        fault = this.#run(list.item, lists);
        if (fault !== null) return fault;
        lists.accept();
      }
    }
    return this.#endArray(missing, length, count, into);
  }

  /** Of several entries with one key the last counts. */
  #map({ value, keys, values, missing, list }: MapAction, into: ValueBuilder): RowFault | null {
    let found = 0;
    const lists = list === null ? null : (this.#into.lists[list.column] as ListBuilder); // a column of lists has one
    lists?.begin();
    list?.keys.begin();
    for (;;) {
      const block = this.blockCount(value, true);
      if (block === 0) break;
      if (block < 0) return this.cut(OVERLONG);
      for (let i = 0; i < block; i++) {
        const length = this.varint();
        if (!(length >= 0 && length <= this.end - this.at)) return stringFault(length, this.at, this.end);
        const key = this.#keyAt(keys, length);
        const from = this.at;
        this.at += length;
        let fault: RowFault | null = null;
        if (list !== null && lists !== null) {
          fault = this.#entry(list, lists, from - this.origin);
          if (key >= 0) this.at = from + length;
        }
        if (fault === null && (list === null || key >= 0))
          fault = key < 0 ? this.skip(value, 1) : this.#run(values[key] as Action, into);
        if (fault !== null) return fault;
        if (key >= 0) found |= 1 << key;
      }
    }
    for (let key = 0; key < keys.length; key++) {
      const fault = (found & (1 << key)) === 0 ? this.#run(missing[key] as Action, into) : null;
      if (fault !== null) return fault;
    }
    return null;
  }

  /** An entry of a map, as an item of lists. @param from where its key begins, which ends at hand */
  #entry({ item, key, keys }: ListAction, lists: ListBuilder, from: number): RowFault | null {
    const to = this.at - this.origin;
    const known = keys.itemOf(this.bytes, from, to, lists.size);
    if (known === NOT_UTF8) return NO_STRING;
    if (known >= 0) lists.again(known);
    const fault = this.#run(item, lists);
    if (fault !== null) return fault;
    // Behind the value, of which every column may have been set to null.
    if (key >= 0) lists.setUtf8(key, this.bytes, from, to);
    return lists.accept() ? null : TOO_MANY_ITEMS;
  }

  /** Which of the keys the octets at hand are; -1 if none. */
  #keyAt(keys: readonly Buffer[], length: number): number {
    for (let key = 0; key < keys.length; key++) {
      const known = keys[key] as Buffer;
      if (known.length !== length) continue;
      let i = 0;
      while (i < length && known[i] === this.octets[this.at + i]) i++;
      if (i === length) return key;
    }
    return -1;
  }

  #number({ column, from, isNearest, isFloat, change }: NumberAction, into: ValueBuilder): RowFault | null {
    let value: number;
    if (from === 'long' && (isNearest || (change !== null && change.over > 1))) {
      if (!this.wide()) return this.cut(OVERLONG);
      value = change !== null && change.over > 1 ? this.quotient(change.over) : this.nearest();
    } else if (from === 'int' || from === 'long') {
      value = this.varint();
      if (value !== value || (from === 'int' && value !== (value | 0))) return this.cut(OVERLONG);
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

  #enum({ column, codes, faults }: EnumAction, into: ValueBuilder): RowFault | null {
    const symbol = this.varint();
    if (!(symbol >= 0 && symbol < codes.length)) return this.cut(NO_SYMBOL);
    const fault = faults[symbol] as RowFault | null;
    if (fault === null) (into.codes[column] as Int32Array)[into.row] = codes[symbol] as number;
    return fault;
  }
}

function setConstant({ column, value }: ScalarConstant, into: ValueBuilder): void {
  if (typeof value === 'number') into.setNumber(column, value);
  else if (value === null) into.setNull(column);
  else into.setString(column, value);
}
