// The view column_quality: partitions merge, and its estimates are near those of the sketch.
import { join } from 'node:path';
import t from 'tap';
import { openHistory } from '../../../src/adapters/clickhouse/history.ts';
import type { ColumnProfileRow } from '../../../src/core/reports.ts';
import { ColumnProfile } from '../../../src/stats/column-profile.ts';

const history = await openHistory({ url: null, path: join(t.testdir({}), 'history') });
t.teardown(() => history.close());

const FROM = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

function rowOf(column: string, partition: number, profile: ColumnProfile): ColumnProfileRow {
  return {
    topology: 'payments',
    topic: 'payments',
    partition,
    column,
    kind: 'number',
    fromMs: FROM,
    toMs: FROM + HOUR_MS,
    ...profile.figures(),
    registers: profile.distinct.registers,
  };
}

/** Values [from, to), the first of them null if there is a tenth of them. */
function profileOf(from: number, to: number, isSensitive = false): ColumnProfile {
  const profile = new ColumnProfile(isSensitive);
  const values = Float64Array.from({ length: to - from }, (_, i) => (i % 10 === 9 ? Number.NaN : from + i));
  profile.addNumbers(values, Int32Array.from(values.keys()), 0, values.length);
  return profile;
}

interface Quality {
  readonly column: string;
  readonly rows: number;
  readonly nulls: number;
  readonly null_share: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly distinct: number;
  readonly examples: readonly string[];
}

t.test('partitions merge, and a profile of a part replaces none', async (t) => {
  const [whole, part, other] = [profileOf(0, 1_000), profileOf(0, 500), profileOf(500, 3_000)];
  const [few, secret] = [profileOf(0, 5), profileOf(0, 100, true)];
  history.columnProfiles([rowOf('amount', 0, whole), rowOf('amount', 1, other), rowOf('few', 0, few)]);
  await history.flush();
  history.columnProfiles([rowOf('amount', 0, part), rowOf('secret', 0, secret)]);
  await history.flush();
  const found = await history.query<Quality>(
    `SELECT column, toFloat64(rows) AS rows, toFloat64(nulls) AS nulls, null_share, min, max,
       toFloat64(distinct) AS distinct, examples FROM column_quality WHERE topology = 'payments' ORDER BY column`,
  );
  const [amount, small, hidden] = found;
  t.match(amount, { column: 'amount', rows: 3_500, nulls: 350, null_share: 0.1, min: 0, max: 2_998 });
  const all = profileOf(0, 3_000);
  const distinct = new Set(Array.from({ length: 3_000 }, (_, i) => i).filter((i) => i % 10 !== 9)).size;
  t.ok(Math.abs((amount?.distinct ?? 0) - distinct) < 0.07 * distinct, `${amount?.distinct} of ${distinct}`);
  t.ok(Math.abs((amount?.distinct ?? 0) - all.distinct.estimate()) < 0.05 * distinct, 'as the sketch of all');
  t.equal(amount?.examples.length, 3);
  t.match(small, { rows: 5, nulls: 0, distinct: 5, min: 0, max: 4 });
  t.match(hidden, { rows: 100, min: null, max: null, examples: [] });
});
