// The rows of files on disk: each partition has its own in their order, from any row on.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { RowSpill } from '../../../../src/app/commands/backfill/row-spill.ts';
import { SPILL_CHUNK_ROWS } from '../../../../src/core/backfill-limits.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-spill-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const FIRST = 100_000_000_000_000;

interface Row {
  readonly partition: number;
  /** Rows left out in front of it. */
  readonly gap: number;
  readonly key: string | null;
  readonly value: string;
  readonly timestampMs: number;
}

async function readAll(spill: RowSpill, partition: number, begin: number): Promise<unknown[]> {
  const found: unknown[] = [];
  let next = begin;
  for await (const raw of spill.read({ topic: 'a', partition }, FIRST, begin)) {
    for (let i = 0; i < raw.count; i++)
      found.push([
        raw.offsets[i],
        raw.timestampMs[i],
        raw.keys.at(i)?.toString() ?? null,
        raw.values.at(i)?.toString(),
      ]);
    assert.ok(raw.offsetNext >= next);
    next = raw.offsetNext;
    assert.ok((raw.offsets[raw.count - 1] ?? 0) < raw.offsetNext);
  }
  return found;
}

t.test('what is added is read, from every row on', async () => {
  const row = fc.record({
    partition: fc.nat({ max: 3 }),
    gap: fc.nat({ max: 2 }),
    key: fc.option(fc.string({ maxLength: 5 })),
    value: fc.string({ maxLength: 20 }),
    timestampMs: fc.integer({ min: -1, max: 1e13 }),
  });
  // More rows than a chunk has, of a few kinds.
  const many = fc
    .tuple(
      fc.array(row, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(1, Math.ceil(SPILL_CHUNK_ROWS / 3)),
    )
    .map(([rows, times]): Row[] => Array.from({ length: times }, () => rows).flat());
  await fc.assert(
    fc.asyncProperty(many, fc.nat({ max: 5_000 }), async (rows, skipped) => {
      const spill = new RowSpill(join(folder, 'rows'));
      await spill.clear();
      const counts = [0, 0, 0, 0];
      const wanted: unknown[][][] = [[], [], [], []];
      for (const { partition, gap, key, value, timestampMs } of rows) {
        const at = (counts[partition] as number) + gap;
        counts[partition] = at + 1;
        const record = {
          key: key === null ? null : Buffer.from(key),
          value: Buffer.from(value),
          timestampMs,
        };
        await spill.add(partition, record, at);
        wanted[partition]?.push([FIRST + at, timestampMs, key, value]);
      }
      await spill.end();
      for (const [partition, all] of wanted.entries()) {
        assert.equal(spill.has(partition), all.length > 0);
        assert.deepEqual(await readAll(spill, partition, FIRST), all);
        const begin = FIRST + skipped;
        assert.deepEqual(
          await readAll(spill, partition, begin),
          all.filter(([offset]) => (offset as number) >= begin),
        );
      }
    }),
    { numRuns: 30 },
  );
});

t.test('the files are for their owner alone', async (t) => {
  const spill = new RowSpill(join(folder, 'own'));
  await spill.clear();
  await spill.add(2, { key: null, value: Buffer.from('x'), timestampMs: 0 }, 0);
  await spill.end();
  t.equal(statSync(join(folder, 'own')).mode & 0o77, 0);
  t.equal(statSync(join(folder, 'own', '2.rows')).mode & 0o77, 0);
  t.strictSame(await readAll(spill, 1, FIRST), []);
});
