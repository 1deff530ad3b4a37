// What an event that comes late, but within the allowed lateness, sees of its windows: scored, after restarts, and after
// the state was rebuilt, compared with an oracle that keeps every event.
import fc from 'fast-check';
import t from 'tap';
import { seconds } from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import {
  expectedFeatures,
  LATENESS_MS,
  lateTopology,
  PANE_MS,
  type LateEvent,
} from '../support/late-events.ts';

t.test('a late event sees what had arrived, in whole panes up to its own', async (t) => {
  const driver = new TopologyDriver(lateTopology);
  const send = (id: string, amount: number, at: number): Promise<void> =>
    driver.send([{ id, card: 'a', amount, at }]);
  await send('1', 1, 0);
  await send('2', 99, seconds(240));
  await send('3', 5, seconds(60));
  await send('4', 7, seconds(301));
  await send('5', 2, seconds(120));
  const seen = (id: string): unknown => driver.predictions.find(({ key }) => key === id)?.features;
  t.match(seen('3'), { 'card.count': 3, 'card.max': 99, 'card.last': 99 }, 'its own pane whole');
  t.match(seen('5'), { 'card.count': 4, 'card.max': 99, 'card.last': 99 }, 'and no later pane');
});

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        advance: fc.integer({ min: 0, max: PANE_MS }),
        behind: fc.integer({ min: 0, max: LATENESS_MS + PANE_MS }),
        card: fc.constantFrom('a', 'b'),
        amount: fc.integer({ min: -50, max: 50 }),
      }),
    },
    { weight: 2, arbitrary: fc.constantFrom('batch', 'barrier', 'restart', 'loseState') },
  ),
  { minLength: 1, maxLength: 80 },
);

t.test('scoring, restarts and rebuilds agree with the oracle, however events are batched', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const driver = new TopologyDriver(lateTopology, { hotKeysMax: 1 });
      const sent: LateEvent[] = [];
      let batch: LateEvent[] = [];
      let nowMs = 0;
      const flush = async (): Promise<void> => {
        if (batch.length > 0) await driver.send(batch.map((event) => ({ ...event })));
        batch = [];
      };
      for (const step of all) {
        if (typeof step !== 'string') {
          nowMs += step.advance;
          const { card, amount } = step;
          const event = { id: String(sent.length), card, amount, at: nowMs - step.behind };
          sent.push(event);
          batch.push(event);
          continue;
        }
        await flush();
        if (step !== 'batch') await driver[step]();
      }
      await flush();
      t.same(
        driver.predictions.map(({ features }) => features),
        expectedFeatures(sent),
      );
    }),
    { numRuns: 150 },
  );
});
