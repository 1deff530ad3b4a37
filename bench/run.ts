// `npm run bench` (control path): measures, prints tables, writes JSON with the machine that the figures are of.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { aggregateCosts } from './aggregates/suite.ts';
import { calibration } from './calibration/suite.ts';
import { cardsBesidePeers } from './cards/suite.ts';
import { entities } from './entities/suite.ts';
import { formats } from './formats/suite.ts';
import { ingest } from './ingest/suite.ts';
import { latency } from './latency/suite.ts';
import { learning } from './learning/suite.ts';
import { load } from './load/suite.ts';
import { models } from './models/suite.ts';
import { machine } from './machine.ts';
import { malformed } from './malformed/suite.ts';
import type { MicroFigure } from './micro/process.ts';
import { baselineOf, micro } from './micro/suite.ts';
import { outage } from './outage/suite.ts';
import { reads } from './reads/suite.ts';
import { rebalance } from './rebalance/suite.ts';
import { recovery } from './recovery/suite.ts';
import { scoring } from './scoring/suite.ts';
import { Services } from './services.ts';
import { logKinds, type BenchOptions, type Suite } from './suite.ts';
import { tables } from './tables/suite.ts';
import { throughput } from './throughput/suite.ts';
import { trainers } from './trainers/suite.ts';
import { widths } from './widths/suite.ts';
import { windowCosts } from './windows/suite.ts';

const USAGE = `Usage: npm run bench -- [suites] [options]

Suites (latency, throughput and micro where none is named):
  latency       from an event's intended sending to its prediction at a WebSocket client, beside a bare loop
  throughput    events a second and CPU an event of the whole pipeline
  micro         its parts one by one, against bench/baseline.json
  features      the next six: what features cost (25 minutes)
  widths        CPU an event and bytes of a key of 16, 64 and 256 features over one, three and six windows (2 minutes)
  entities      CPU an event of millrace run with features of one entity and of two, on Kafka (3 minutes)
  aggregates    each aggregate: nanoseconds of an update and of a read, bytes of a key
  windows       each kind of window: nanoseconds of an update, of one where half are of one key, and of a read, bytes of a key
  reads         features of one key and of a hundred from Redis, while 20,000 events a second come in (1 minute)
  tables        the start of a lookup table of a million keys of a topic: time, memory, turns of the event loop (2 minutes)
  cards         CPU an event of a job beside Kafka Streams and Flink, which Maven fetches (10 minutes)
  formats       the standard job's events in Avro and JSON: decoding, beside JSON.parse, and the whole job
  load          rows a second of millrace load: half a million rows in a CSV file and in Parquet files
  ingest        events a second over HTTP, durable, at 10,000 events a request and at one on 64 connections
  learning      the learning loop with its defaults on streams whose concept changes: accuracy and log loss beside
                River's learners and a weekly LightGBM, delay of the detectors, trainings (some minutes)
  trainers      loss and processor time of each trainer beside LightGBM, on the flights and on scikit-learn's data sets (a
                minute or two)
  calibration   log loss of models of scikit-learn and LightGBM with and without calibration (three minutes)
  models        swaps to a model of 500 MB under load: how long they take and what events wait; memory over 1,000 swaps
                of small models (some minutes)
  scoring       a run of a model on each execution provider that works here, by its size and the rows
  recovery      from kill -9 to the first right prediction, by the number of keys, and of the learning loop by its
                labelled predictions; the size of the observations (four minutes or more)
  rebalance     two workers under load, one killed every ten seconds: lag, latency, each prediction once (3 minutes)
  outage        ClickHouse away for a minute and Redis restarted meanwhile: memory, lag, each row once (3 minutes)
  malformed     a million damaged events among good ones: each where it belongs, once, and at what rate (3 minutes)

Options:
  --log KIND         embedded, kafka or both (both)
  --seconds N        of each measurement of latency and ingest (5), of reads (10), of rebalance's load (120), of the outage (60)
  --rate N           events a second: of latency (2000), of rebalance and outage (5000), of reads (20000)
  --events N         malformed ones (1000000), those of a round of entities (400000), keys of tables (1000000)
  --mib N            size of the large model of models (500, or an eighth of the free memory)
  --swaps N          of small models (1000)
  --json FILE        (bench/out/bench.json)
  --profile FOLDER   CPU profiles of the throughput bench, for a profile viewer
  --write-baseline   keeps the micro figures of this run as bench/baseline.json
  -h, --help

Examples:
  npm run bench
  npm run bench -- throughput --log embedded
  npm run bench -- latency --rate 10000 --seconds 20
  npm run bench -- rebalance --seconds 30

Exits with 1 where what a suite must find does not hold.
`;

const SUITES: Readonly<Record<string, Suite>> = {
  latency,
  throughput,
  micro: () => micro(),
  widths: () => widths(),
  entities,
  aggregates: () => aggregateCosts(),
  cards: () => cardsBesidePeers(),
  windows: () => windowCosts(),
  formats: ({ profileFolder }) => formats(profileFolder),
  load,
  ingest,
  reads,
  tables,
  learning: () => learning(),
  trainers: () => trainers(),
  calibration: () => calibration(),
  models,
  scoring: () => scoring(),
  recovery: () => recovery(),
  rebalance,
  outage,
  malformed,
};
const DEFAULT_SUITES = ['latency', 'throughput', 'micro'];
/** Several suites by one name. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  features: ['widths', 'entities', 'aggregates', 'windows', 'reads', 'cards'],
};

class UsageError extends Error {}

function positive(text: string | undefined, flag: string): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--${flag} is not a whole number from 1: ${text}`);
  return value;
}

function readCommand(): {
  names: readonly string[];
  options: BenchOptions;
  json: string;
  writesBaseline: boolean;
} | null {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      log: { type: 'string', default: 'both' },
      seconds: { type: 'string' },
      rate: { type: 'string' },
      events: { type: 'string' },
      mib: { type: 'string' },
      swaps: { type: 'string' },
      json: { type: 'string', default: join(import.meta.dirname, 'out', 'bench.json') },
      profile: { type: 'string' },
      'write-baseline': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const named = positionals.flatMap((name) => GROUPS[name] ?? name);
  const unknown = named.filter((name) => SUITES[name] === undefined);
  if (unknown.length > 0) throw new UsageError(`no suite is called ${unknown.join(' or ')}`);
  const logs = values.log === 'both' ? logKinds : logKinds.filter((kind) => kind === values.log);
  if (logs.length === 0) throw new UsageError(`--log is embedded, kafka or both: ${values.log}`);
  const options: BenchOptions = {
    logs,
    seconds: positive(values.seconds, 'seconds'),
    rate: positive(values.rate, 'rate'),
    events: positive(values.events, 'events'),
    mebibytes: positive(values.mib, 'mib'),
    swaps: positive(values.swaps, 'swaps'),
    profileFolder: values.profile ?? null,
  };
  const names = named.length === 0 ? DEFAULT_SUITES : named;
  return { names, options, json: values.json, writesBaseline: values['write-baseline'] };
}

async function writeJson(file: string, content: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** False where what a suite must find does not hold. */
async function main(): Promise<boolean> {
  const command = readCommand();
  if (command === null) {
    process.stdout.write(USAGE);
    return true;
  }
  const { names, options, json, writesBaseline } = command;
  const on = machine();
  const say = (text: string): boolean => process.stdout.write(`${text}\n`);
  say(
    `${on.cpu}, ${on.cores} cores, ${on.memoryGiB} GiB, Node ${on.node}, load ${on.loadBefore.toFixed(1)}\n`,
  );
  const figures: Record<string, unknown> = {};
  let holds = true;
  for (const name of names) {
    // Of its own: suites share topics and groups, and the events of one are late for what another has left.
    const services = new Services();
    try {
      const result = await (SUITES[name] as Suite)(options, services);
      figures[name] = result.figures;
      holds &&= result.holds ?? true;
      say(`${name}\n\n${result.text}\n`);
    } finally {
      await services.stop();
    }
  }
  await writeJson(json, { machine: on, options, ...figures });
  say(`written to ${relative(process.cwd(), json)}`);
  if (writesBaseline && figures['micro'] !== undefined) {
    const baseline = baselineOf(figures['micro'] as readonly MicroFigure[]); // the micro suite's own
    await writeJson(join(import.meta.dirname, 'baseline.json'), { machine: on, micro: baseline });
  }
  return holds;
}

try {
  process.exit((await main()) ? 0 : 1);
} catch (error) {
  const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
  process.stderr.write(
    isUsage
      ? `bench: ${error.message}\n\n${USAGE}`
      : `${String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
}
