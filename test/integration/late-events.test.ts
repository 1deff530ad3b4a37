// Windows with late events recomputed offline by a query of ClickHouse over the events, compared with what was scored.
import t from 'tap';
import { openHistory } from '../../src/adapters/clickhouse/history.ts';
import { Random } from '../../src/stats/random.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import {
  admitted,
  LATENESS_MS,
  lateTopology,
  PANE_MS,
  SIZE_MS,
  type LateEvent,
} from '../support/late-events.ts';
import { clickhouseUrl, uniqueName } from '../support/services.ts';

const EVENTS = 300;

function randomEvents(seed: number): LateEvent[] {
  const random = new Random(seed);
  let nowMs = 0;
  return Array.from({ length: EVENTS }, (_, i) => {
    nowMs += random.nextInt(PANE_MS);
    const card = random.nextInt(2) === 0 ? 'a' : 'b';
    const at = nowMs - random.nextInt(LATENESS_MS + PANE_MS);
    return { id: String(i), card, amount: random.nextInt(100), at };
  });
}

/** What had arrived (a smaller or the same offset), in panes up to that of the event. */
const WINDOWS = `
SELECT e.offset AS offset, count() AS count, sum(s.amount) AS sum, max(s.amount) AS max,
  argMax(s.amount, (s.at, s.offset)) AS last
FROM payments AS e INNER JOIN payments AS s ON s.card = e.card
WHERE s.offset <= e.offset
  AND floor(s.at / {pane:Int64}) <= floor(e.at / {pane:Int64})
  AND floor(s.at / {pane:Int64}) > floor(e.at / {pane:Int64}) - {size:Int64} / {pane:Int64}
GROUP BY e.offset
ORDER BY e.offset`;

t.test('a query over the events gives the features that were scored', async (t) => {
  const history = await openHistory({ url: `${clickhouseUrl()}/${uniqueName('millrace')}`, path: '' });
  t.teardown(() => history.close());
  const events = randomEvents(7);
  const driver = new TopologyDriver(lateTopology);
  for (let i = 0; i < events.length; i += 16)
    await driver.send(events.slice(i, i + 16).map((event) => ({ ...event })));
  const rows = admitted(events);
  t.ok(driver.late.length > 0 && rows.length < events.length, 'some were too late');
  const values = rows.map(({ offset, card, amount, at }) => `(${offset}, '${card}', ${amount}, ${at})`);
  const given = `WITH payments AS (SELECT * FROM values('offset Int64, card String, amount Int64, at Int64', ${values.join()}))`;
  const found = await history.query<Record<string, number | string>>(given + WINDOWS, {
    pane: PANE_MS,
    size: SIZE_MS,
  });
  t.same(
    found.map(({ count, sum, max, last }) => [count, sum, max, last].map(Number)),
    driver.predictions.map(({ features }) =>
      ['count', 'sum', 'max', 'last'].map((name) => features[`card.${name}`]),
    ),
  );
});
