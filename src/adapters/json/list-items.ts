// Of a list whose items columns have: what reads an item into them (hot path).
import type { ColumnBuilder, ListBuilder } from '../../core/column-builder.ts';
import { LIST_ITEMS_MAX } from '../../core/event-limits.ts';
import { Cells } from './cells.ts';
import type { ListNode } from './column-tree.ts';
import { RowState } from './row-state.ts';

export class ListItems {
  readonly row: RowState;
  readonly cells: Cells;
  /** Of the list that is being read. */
  lists!: ListBuilder;
  /** What is wrong with the list: the items that follow are skipped. */
  fault: string | null = null;
  /** Of a map, by item: what is wrong with it, unless a later entry has the same key. */
  readonly #entryFaults = new Map<number, string>();
  readonly #node: ListNode;
  readonly #isMap: boolean;

  constructor(node: ListNode, isMap: boolean) {
    this.#node = node;
    this.#isMap = isMap;
    this.row = new RowState(node.plans);
    // No item has the event time.
    this.cells = new Cells(node.plans, this.row, '');
  }

  /** Starts the list of the row. */
  begin(lists: ListBuilder): void {
    this.lists = lists;
    this.fault = null;
    this.#node.keys.begin();
    this.#entryFaults.clear();
    lists.begin();
  }

  /** Starts an item. */
  enter(): void {
    this.row.begin(this.lists);
    this.cells.begin(this.lists);
  }

  /** Ends the item. @param start position of the record */
  leave(start: number): void {
    const fault = this.row.isFull ? null : this.row.end(start);
    if (this.#isMap && (fault !== null || this.#entryFaults.size > 0)) this.#noteEntry(fault);
    else this.fault = fault;
    if (this.fault !== null || this.lists.accept()) return;
    this.fault = `'${this.#node.plans[0]?.name}' has more than ${LIST_ITEMS_MAX} items`;
  }

  #noteEntry(fault: string | null): void {
    const item = this.lists.row;
    if (fault === null) this.#entryFaults.delete(item);
    else this.#entryFaults.set(item, fault);
  }

  /** Ends the list. @param row the one that it is in */
  end(row: RowState): void {
    if (this.fault === null) for (const fault of this.#entryFaults.values()) this.fault = fault;
    const { columns } = this.#node;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as number;
      if (this.fault === null) row.has(column);
      else row.misfitItem(column, this.fault);
    }
  }
}

/** Those of a reader, each made when its list is first met. */
export class ListReaders {
  readonly #all = new Map<ListNode, ListItems>();

  /** Starts the list of a record. */
  begin(list: ListNode, isMap: boolean, record: ColumnBuilder): ListItems {
    let items = this.#all.get(list);
    if (items === undefined) this.#all.set(list, (items = new ListItems(list, isMap)));
    items.begin(record.lists[list.columns[0] as number] as ListBuilder); // it is one of lists
    return items;
  }
}
