// Versions of rows, compared with a list of all of them.
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Column, DictColumn, NumberColumn } from '../../../src/core/batch.ts';
import { Dictionary } from '../../../src/core/dictionary.ts';
import { TableLookup } from '../../../src/core/tables/table-lookup.ts';
import { VersionedRows } from '../../../src/core/tables/versioned-rows.ts';

const schema = {
  amount: { kind: 'number', nullable: true },
  name: { kind: 'string', nullable: true },
} as const;

interface Change {
  readonly key: string;
  readonly timeMs: number;
  /** Null: the row ends. */
  readonly row: { readonly amount: number; readonly name: string | null } | null;
}

function cells(rows: ReadonlyArray<{ amount: number; name: string | null }>): Record<string, Column> {
  const dictionary = new Dictionary();
  return {
    amount: { kind: 'number', values: Float64Array.from(rows, ({ amount }) => amount) },
    name: {
      kind: 'string',
      codes: Int32Array.from(rows, ({ name }) => (name === null ? -1 : dictionary.encode(name))),
      dictionary,
    },
  };
}

function apply(rows: VersionedRows, { key, timeMs, row }: Change): void {
  if (row === null) rows.remove(rows.slotOf(key), timeMs);
  else rows.put(rows.slotOf(key), timeMs, cells([row]), 0);
}

/** What the newest change of the key says that is not after the event. */
function expected(changes: readonly Change[], key: string, timeMs: number): Change['row'] {
  let found: Change | null = null;
  for (const change of changes)
    if (change.key === key && change.timeMs <= timeMs && (found === null || change.timeMs >= found.timeMs))
      found = change;
  return found?.row ?? null;
}

function lookedUp(
  rows: VersionedRows,
  events: ReadonlyArray<readonly [string, number]>,
): Array<Change['row']> {
  const dictionary = new Dictionary();
  const codes = Int32Array.from(events, ([key]) => dictionary.encode(key));
  const batch = {
    size: events.length,
    rows: Int32Array.from(events, (_, i) => i),
    eventTimeMs: Float64Array.from(events, ([, timeMs]) => timeMs),
  };
  const found = new TableLookup(() => rows).find({ kind: 'string', codes, dictionary }, batch);
  const { values } = found.column('amount') as NumberColumn;
  const names = found.column('name') as DictColumn;
  return events.map((_, i) =>
    Number.isNaN(values[i])
      ? null
      : { amount: values[i] as number, name: names.dictionary.decode(names.codes[i] as number) ?? null },
  );
}

const changeArbitrary = fc.record({
  key: fc.constantFrom('a', 'b', 'ü', ''),
  timeMs: fc.integer({ min: -20, max: 20 }),
  row: fc.option(
    fc.record(
      { amount: fc.integer({ min: 0, max: 99 }), name: fc.constantFrom(null, 'x', 'y', 'żółć') },
      { noNullPrototype: true },
    ),
    { freq: 3 },
  ),
});
const eventArbitrary = fc.tuple(
  fc.constantFrom('a', 'b', 'ü', '', 'none'),
  fc.integer({ min: -25, max: 25 }),
);

t.test(
  'property: an event sees the newest version of its instant, in whatever order versions came',
  async () => {
    fc.assert(
      fc.property(fc.array(changeArbitrary), fc.array(eventArbitrary), (changes, events) => {
        const rows = new VersionedRows(schema, { keepMs: 1_000, versionsMax: 1_000 });
        for (const change of changes) apply(rows, change);
        const wanted = events.map(([key, timeMs]) => expected(changes, key, timeMs));
        deepEqual(lookedUp(rows, events), wanted);
        deepEqual(lookedUp(rows.compacted(), events), wanted, 'a compacted copy');
        const keys = new Set(changes.map(({ key }) => key));
        const now = [...keys].filter((key) => expected(changes, key, Infinity) !== null);
        equal(rows.rows, now.length);
      }),
      { numRuns: 300 },
    );
  },
);

t.test('property: bounded versions are the newest ones', async () => {
  const limits = { keepMs: 10, versionsMax: 3 };
  fc.assert(
    fc.property(fc.array(changeArbitrary, { maxLength: 60 }), fc.array(eventArbitrary), (changes, events) => {
      const rows = new VersionedRows(schema, limits);
      for (const change of changes) apply(rows, change);
      for (const [key, timeMs] of events) {
        const times = [...new Set(changes.filter((c) => c.key === key).map((c) => c.timeMs))];
        const after = times.filter((time) => time > timeMs).length;
        const newest = Math.max(...times);
        const [found] = lookedUp(rows, [[key, timeMs]]);
        // Within the bounds it is exact; beyond them there may be no version any more.
        if (after < limits.versionsMax && timeMs > newest - limits.keepMs) {
          const wanted = expected(changes, key, timeMs);
          deepEqual(found, wanted);
        }
      }
      ok(rows.versions <= 4 * limits.versionsMax);
    }),
    { numRuns: 300 },
  );
});

t.test('rows that come and go do not fill the memory', async (t) => {
  let rows = new VersionedRows(schema, { keepMs: 1_000, versionsMax: 3 });
  let copies = 0;
  for (let i = 0; i < 150_000; i++) {
    const row = cells([{ amount: i, name: `name ${i}` }]);
    const slot = rows.slotOf(`k${i}`);
    rows.put(slot, i, row, 0);
    rows.remove(slot, i + 1);
    rows.put(rows.slotOf('kept'), i, row, 0);
    if (i % 1_000 !== 0 || !rows.isWasteful) continue;
    rows = rows.compacted();
    copies += 1;
  }
  t.equal(copies, 2);
  rows = rows.compacted();
  t.equal(rows.rows, 1);
  t.ok(rows.versions < 3_000, 'what ended within keepMs is there');
  t.ok(rows.bytes < 1_000_000);
  t.strictSame(lookedUp(rows, [['kept', 149_999]]), [{ amount: 149_999, name: 'name 149999' }]);
});
