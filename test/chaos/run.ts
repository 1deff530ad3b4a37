// `npm run chaos -- --kills N --seed S`: exits with 1 where anything was lost or doubled, or differs.
import { parseArgs } from 'node:util';
import { faultKinds, type FaultKind } from './faults.ts';
import { report } from './report.ts';
import { runChaos, type ChaosOptions } from './run-chaos.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '3' },
    rate: { type: 'string', default: '400' },
    /** Names of fault kinds, or parts of them, separated by commas. */
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});

const all = Object.keys(faultKinds) as FaultKind[];
const parts = values.only?.split(',');
const kinds = parts === undefined ? all : all.filter((kind) => parts.some((part) => kind.includes(part)));
if (kinds.length === 0) throw new Error(`--only names none of: ${all.join(', ')}`);

const options: ChaosOptions = {
  kills: Number(values.kills),
  seed: Number(values.seed),
  workers: Number(values.workers),
  eventsPerSecond: Number(values.rate),
  kinds,
  keep: values.keep,
  say: (line) => void process.stderr.write(`${line}\n`),
};
const result = await runChaos(options);
process.stdout.write(`${report(options, result)}\n`);
process.exit(result.verdict.isGood ? 0 : 1);
