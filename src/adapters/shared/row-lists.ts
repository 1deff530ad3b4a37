// The lists of an event's columns as items (control path): for encoders.
import { listKey } from '../../core/list-path.ts';
import type { EventRow, EventScalar } from '../../ports/format.ts';

/** Columns of lists by the list, or the map, of the events that they come from. */
export function placedLists<T extends { readonly name: string }>(plans: readonly T[]): T[][] {
  return [...Map.groupBy(plans, ({ name }) => listKey(name)).values()];
}

/**
 * The items of columns that come from one list: of each, the values in the order of the columns. Null if no column has a list,
 * a clause about what is wrong if the lists have not as many items each.
 */
export function listItems(
  plans: ReadonlyArray<{ readonly name: string }>,
  event: EventRow,
): EventScalar[][] | string | null {
  const given = plans.map(({ name }) => event[name] ?? null);
  if (given.every((value) => value === null)) return null;
  if (!given.every((value) => value === null || isList(value))) return 'it is no list';
  const lists = given.filter((value): value is readonly EventScalar[] => value !== null);
  const [first = []] = lists;
  if (lists.some(({ length }) => length !== first.length))
    return 'it has not as many items as the other columns of its list';
  return first.map((_, i) => given.map((list) => (isList(list) ? (list[i] ?? null) : null)));
}

function isList(value: EventRow[string]): value is readonly EventScalar[] {
  return Array.isArray(value);
}
