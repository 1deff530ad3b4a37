// The pumps of topologies/pumps.ts: their features against what the readings say, and what a loop makes of two months.
import t from 'tap';
import { days, hours, minutes } from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import { pumpEvents, type PumpEvent } from '../../topologies/data/pumps.ts';
import pumps from '../../topologies/pumps.ts';
import { shellBlock } from '../docs/pages.ts';
import { isNear, runExample, within } from './example.ts';

/** The run of two months, on a machine that is busy. */
t.setTimeout(400_000);

const { sqrt } = Math;

/** Pane of five minutes. */
const paneOf = (at: string): number => Math.floor(Date.parse(at) / minutes(5));
const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function stdOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

t.test('features say what the readings of the pump did', async (t) => {
  const events = pumpEvents({ pumps: 2, days: 30, seed: 7 });
  const driver = new TopologyDriver(pumps);
  await driver.send(events.map((event) => ({ ...event, at: Date.parse(event.at) })));
  t.equal(driver.deadLetters.length, 0, 'no event is refused');
  const predictions = new Map(driver.predictions.map(({ key, features }) => [key, features]));
  t.equal(predictions.size, events.filter(({ type }) => type === 'inspection').length);
  const seen = new Map<string, PumpEvent[]>();
  let compared = 0;
  let repaired = 0;
  for (const event of events) {
    const earlier = seen.get(event.pump) ?? [];
    seen.set(event.pump, [...earlier, event]);
    if (event.type !== 'inspection' || Date.parse(event.at) % hours(9) !== 0) continue;
    const atMs = Date.parse(event.at);
    const features = predictions.get(event.id);
    const vibrations = (sizeMs: number, paneMs: number): number[] =>
      within(earlier, atMs, { sizeMs, paneMs }).flatMap(({ vibration }) => vibration ?? []);
    const day = vibrations(days(1), hours(1));
    const expected = {
      'pump.vibration_1h': meanOf(vibrations(hours(1), minutes(5))),
      'pump.vibration_std_12h': stdOf(vibrations(hours(12), hours(1))),
      'pump.vibration_max_1d': Math.max(...day),
      'pump.power_yesterday': meanOf(
        earlier
          .filter(({ at }) => paneOf(at) > paneOf(event.at) - 300 && paneOf(at) <= paneOf(event.at) - 288)
          .flatMap(({ power }) => power ?? []),
      ),
      'pump.loud_1d': day.filter((value) => value > 4.5).length,
    };
    for (const [name, value] of Object.entries(expected)) {
      if (!isNear(features?.[name], value)) t.equal(features?.[name], value, `${name} of ${event.id}`);
    }
    compared++;
    const repairs = earlier.filter(({ type }) => type === 'repair').map(({ at }) => Date.parse(at));
    if (repairs.length === 0) continue;
    t.equal(features?.['pump.since_repair'], (atMs - Math.max(...repairs)) / 1_000);
    repaired++;
  }
  t.ok(compared > 100 && repaired > 10, `${compared} inspections are compared, ${repaired} after a repair`);
});

t.test('a loop with the defaults learns which pumps fail', async (t) => {
  const block = shellBlock('docs/examples/pumps.md', 'Run it');
  const { labels, quality } = await runExample(block, t.testdir({}), ['--pumps', '10', '--days', '30']);
  t.ok(labels.joined > 5_000, `${labels.joined} labels`);
  t.ok(quality.loop.auc > 0.9, `AUC ${quality.loop.auc}`);
});
