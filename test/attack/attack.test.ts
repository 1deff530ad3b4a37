// A short attack: each kind once, on ws. `npm run attack -- --seed 1 --minutes 10` is the long one, on both adapters.
import t from 'tap';
import { clickhouseUrl, kafkaBrokers, redisUrl } from '../support/services.ts';
import { attacks } from './attacks.ts';
import { isGood, report } from './report.ts';
import { runAttack } from './run-attack.ts';

/** Half a minute on two free cores; several times that where others use them. */
const RUN_MS_MAX = 230_000;
const SEED = 3;
/** Other tests run beside it, so any answer will do; the bound of the long run is a second. */
const LIVEZ_MS_MAX = 20_000;
t.setTimeout(RUN_MS_MAX);

t.test('a running engine withstands one attack of each kind', async (t) => {
  t.setTimeout(RUN_MS_MAX);
  const servers = { brokers: kafkaBrokers(), redisUrl: redisUrl(), clickhouseUrl: clickhouseUrl() };
  const result = await runAttack(servers, {
    adapter: 'ws',
    attacks,
    seed: SEED,
    minutes: 0,
    round: null,
    eventsPerSecond: 50,
    livezMsMax: LIVEZ_MS_MAX,
    effort: { patienceMs: 2_000, resumingMax: 50 },
    keep: false,
    say: (line) => t.comment(line),
  });
  t.comment(report(SEED, result));
  t.ok(result.events > 100, `${result.events} events`);
  t.equal(result.rounds.size, attacks.length);
  t.ok(isGood(result), 'see the report above');
});
