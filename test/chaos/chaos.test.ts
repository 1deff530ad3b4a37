// A short chaos run: each kind of fault once. `npm run chaos -- --kills 200 --seed 1` is the long one.
import t from 'tap';
import { faultKinds, type FaultKind } from './faults.ts';
import { report } from './report.ts';
import { runChaos, type ChaosOptions } from './run-chaos.ts';

const kinds = Object.keys(faultKinds) as FaultKind[];
const options: ChaosOptions = {
  kills: kinds.length,
  seed: 7,
  kinds,
  workers: 2,
  eventsPerSecond: 200,
  keep: false,
  say: (line) => t.comment(line),
};

/** A minute and a half on two free cores; several times that where others use them. */
const RUN_MS_MAX = 900_000;
t.setTimeout(RUN_MS_MAX);

t.test('nothing is lost, nothing comes twice, and state is what an undisturbed run leaves', async (t) => {
  t.setTimeout(RUN_MS_MAX);
  const result = await runChaos(options);
  t.comment(report(options, result));
  t.ok(result.events > 1_000, `${result.events} events`);
  t.equal(result.recoveries.length, kinds.length);
  t.ok(result.verdict.isGood, 'see the report above');
});
