// A few worlds of the gauntlet. `npm run gauntlet -- --seed 1 --worlds 200` is the long run.
import t from 'tap';
import { clickhouseUrl, kafkaBrokers, redisUrl } from '../support/services.ts';
import { kinds } from './kinds/kinds.ts';
import { isWorldGood, report } from './report.ts';
import { runGauntlet } from './run-gauntlet.ts';

/** Kinds that take seconds: the others start processes, or send megabytes. */
const quick = kinds.filter(
  ({ name }) => !['sizes', 'killed', 'wrong clock', 'added partitions'].includes(name),
);
const WORLDS = quick.length;
/** Half a minute on two free cores; several times that where others use them. */
const RUN_MS_MAX = 240_000;
t.setTimeout(RUN_MS_MAX);

t.test('every event of a few worlds is accounted for', async (t) => {
  t.setTimeout(RUN_MS_MAX);
  const servers = { brokers: kafkaBrokers(), redisUrl: redisUrl(), clickhouseUrl: clickhouseUrl() };
  const worlds = Array.from({ length: WORLDS }, (_, i) => i);
  const outcomes = await runGauntlet(servers, {
    worlds,
    kinds: quick,
    atOnce: 3,
    say: (line) => t.comment(line),
  });
  t.comment(report(0, outcomes, 0));
  t.equal(outcomes.length, WORLDS);
  t.ok(outcomes.every(isWorldGood), 'see the worlds above');
  const events = outcomes.reduce((sum, { verdict }) => sum + (verdict?.events ?? 0), 0);
  t.ok(events >= 20 * WORLDS, `${events} events`);
});
