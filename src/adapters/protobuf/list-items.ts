// Of a repeated field, or a map, whose items columns have: what becomes of an item (hot path).
import type { ColumnBuilder, ListBuilder } from '../../core/column-builder.ts';
import { LIST_ITEMS_MAX } from '../../core/event-limits.ts';
import { MapKeys } from '../../core/map-keys.ts';
import type { RowFault } from '../shared/row-reader.ts';
import { EntryKey } from './entry-key.ts';
import type { ListField } from './message-plan.ts';
import { malformed } from './row-faults.ts';
import type { RowState } from './row-state.ts';

export const NO_LISTS: ColumnBuilder['lists'] = [];

export class ListItems {
  /** Of the record that is being read. */
  lists!: ListBuilder;
  readonly #list: ListField;
  /** The columns of an item. */
  readonly #row: RowState;
  readonly #keys = new MapKeys();
  readonly #key: EntryKey;
  /** What is wrong with an item, whatever follows. */
  #fault: string | null = null;
  /** Of a map, by item: what is wrong with it, unless a later entry has the same key. */
  readonly #entryFaults = new Map<number, string>();
  readonly #tooMany: RowFault;

  constructor(list: ListField, row: RowState) {
    this.#list = list;
    this.#row = row;
    this.#key = new EntryKey(list.hasNarrowKeys, list.hasTextKeys);
    this.#tooMany = malformed(`'${list.name}' has more than ${LIST_ITEMS_MAX} items`);
  }

  /** Starts the list of the record. */
  begin(lists: ListBuilder): void {
    this.lists = lists;
    this.#fault = null;
    this.#entryFaults.clear();
    this.#keys.begin();
    lists.begin();
  }

  /** Starts an item. */
  enter(): void {
    this.#row.begin(this.lists);
    this.#row.enterNode(this.#list.plan.root.id);
  }

  /** Whether the item is the number of a closed enum that it does not have: it is as if it were not there. */
  get isLeftOut(): boolean {
    const { closedColumn } = this.#list;
    return closedColumn >= 0 && !this.#row.isTouched(closedColumn);
  }

  /** Ends an item. */
  leave(): RowFault | null {
    if (this.isLeftOut) return null;
    this.#fault ??= this.#row.isFull ? null : this.#row.end(NO_LISTS);
    return this.lists.accept() ? null : this.#tooMany;
  }

  /** The item of the map that has the key of the entry in bytes [from, to); -1 if none has, which then is the next one's. */
  itemOf(bytes: Buffer, from: number, to: number): number {
    const key = this.#key;
    const length = key.read(bytes, from, to);
    return this.#keys.itemOf(key.source ?? key.scratch, key.from, key.from + length, this.lists.size);
  }

  /** Ends an entry. */
  leaveEntry(): RowFault | null {
    const item = this.lists.row;
    const fault = this.#row.isFull ? null : this.#row.end(NO_LISTS);
    if (fault !== null) this.#entryFaults.set(item, fault);
    else if (this.#entryFaults.size > 0) this.#entryFaults.delete(item);
    return this.lists.accept() ? null : this.#tooMany;
  }

  /** The record's columns have the list so far. */
  end(row: RowState): void {
    let fault = this.#fault;
    if (this.#entryFaults.size > 0) for (const one of this.#entryFaults.values()) fault ??= one;
    const { columns } = this.#list;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as number;
      if (fault === null) row.has(column);
      else row.misfitItem(column, fault);
    }
  }
}
