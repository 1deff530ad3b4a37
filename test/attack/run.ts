// `npm run attack -- --seed N --minutes M`: exits with 1 where an attack achieved something. Uses the servers that MILLRACE_*
// name, or starts its own.
import { parseArgs } from 'node:util';
import { findServers } from '../support/find-servers.ts';
import { attacks } from './attacks.ts';
import { isGood, report } from './report.ts';
import { runAttack, type AttackResult } from './run-attack.ts';
import { webAdapters } from './web-adapters.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    /** For each adapter. */
    minutes: { type: 'string', default: '1' },
    /** ws or uws; both by default, one after the other. */
    adapter: { type: 'string' },
    /** Plays one round again. */
    round: { type: 'string' },
    /** Names of attacks, or parts of them, separated by commas. */
    only: { type: 'string' },
    rate: { type: 'string', default: '100' },
    keep: { type: 'boolean', default: false },
  },
});

/** The bound of the issue, on a machine that has nothing else to do. */
const LIVEZ_MS_MAX = 1_000;
/** Slow clients stay longer than any deadline of the port. */
const EFFORT = { patienceMs: 60_000, resumingMax: 300 };

const parts = values.only?.split(',');
const chosen =
  parts === undefined ? attacks : attacks.filter(({ name }) => parts.some((part) => name.includes(part)));
if (chosen.length === 0)
  throw new Error(`--only names none of: ${attacks.map(({ name }) => name).join(', ')}`);
const adapters = webAdapters.filter((adapter) => values.adapter === undefined || values.adapter === adapter);
if (adapters.length === 0) throw new Error(`--adapter is none of: ${webAdapters.join(', ')}`);

const seed = Number(values.seed);
const { servers, stop } = await findServers();
const results: AttackResult[] = [];
try {
  for (const adapter of adapters) {
    const result = await runAttack(servers, {
      adapter,
      attacks: chosen,
      seed,
      minutes: Number(values.minutes),
      round: values.round === undefined ? null : Number(values.round),
      eventsPerSecond: Number(values.rate),
      livezMsMax: LIVEZ_MS_MAX,
      effort: EFFORT,
      keep: values.keep,
      say: (line) => void process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${report(seed, result)}\n`);
    results.push(result);
  }
} finally {
  await stop();
}
process.exit(results.every(isGood) ? 0 : 1);
