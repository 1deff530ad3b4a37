// `npm run gauntlet -- --seed N --worlds M`: exits with 1 where an event is not accounted for. Uses the servers that
// MILLRACE_* name, or starts its own.
import { parseArgs } from 'node:util';
import { findServers } from '../support/find-servers.ts';
import { kinds } from './kinds/kinds.ts';
import { isWorldGood, report } from './report.ts';
import { runGauntlet } from './run-gauntlet.ts';
import type { WorldOutcome } from './run-world.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    worlds: { type: 'string', default: '20' },
    /** Plays one world again. */
    world: { type: 'string' },
    'at-once': { type: 'string', default: '3' },
    /** Names of kinds, separated by commas. */
    only: { type: 'string' },
  },
});

/** Seeds of neighbouring runs do not share worlds. */
const WORLDS_PER_SEED = 1_000;

const names = values.only?.split(',');
const chosen = names === undefined ? kinds : kinds.filter(({ name }) => names.includes(name));
if (chosen.length === 0) throw new Error(`--only names none of: ${kinds.map(({ name }) => name).join(', ')}`);
const seed = Number(values.seed);
const worlds =
  values.world === undefined
    ? Array.from({ length: Number(values.worlds) }, (_, i) => seed * WORLDS_PER_SEED + i)
    : [Number(values.world)];

const startedMs = performance.now();
const { servers, stop } = await findServers();
let outcomes: WorldOutcome[] = [];
try {
  outcomes = await runGauntlet(servers, {
    worlds,
    kinds: chosen,
    atOnce: Number(values['at-once']),
    say: (line) => void process.stderr.write(`${line}\n`),
  });
} finally {
  await stop();
}
process.stdout.write(`${report(seed, outcomes, (performance.now() - startedMs) / 1_000)}\n`);
process.exit(outcomes.length > 0 && outcomes.every(isWorldGood) ? 0 : 1);
