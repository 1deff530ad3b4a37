// Events a second and CPU an event of the whole pipeline (control path).
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { topicSpecs } from '../../src/topology/topics.ts';
import { Child } from '../child.ts';
import { openBenchTelemetry, type Place } from '../engine/open.ts';
import { shown, shownSpread, spreadOf, table } from '../figures.ts';
import { openCodec } from '../jobs/codec.ts';
import { jobNames, type Job, type JobName, type WideJobName } from '../jobs/job.ts';
import { isWide, jobOf } from '../jobs/load.ts';
import type { Services } from '../services.ts';
import type { BenchOptions, LogKind, SuiteResult } from '../suite.ts';
import type { Slice, ThroughputAnswer, ThroughputRequest } from './engine-process.ts';

interface Sizes {
  /** Events before the first slice. */
  readonly warmUp: number;
  readonly slices: number;
  /** Events of each slice. */
  readonly slice: number;
}

/** A slice is a second or less; the peers' job has two halves, of which the first warms up. */
const SIZES: Readonly<Record<Exclude<JobName, WideJobName>, Sizes>> = {
  standard: { warmUp: 150_000, slices: 5, slice: 100_000 },
  'standard-json': { warmUp: 150_000, slices: 5, slice: 100_000 },
  'standard-protobuf': { warmUp: 150_000, slices: 5, slice: 100_000 },
  flights: { warmUp: 60_000, slices: 5, slice: 30_000 },
  cards: { warmUp: 0, slices: 2, slice: 995_000 },
};
/** An event takes up to a hundred times that of the standard job. */
const WIDE_SIZES: Sizes = { warmUp: 40_000, slices: 5, slice: 20_000 };

function sizesOf(name: JobName): Sizes {
  return isWide(name) ? WIDE_SIZES : SIZES[name];
}

/** Past the last boundary, which a batch must reach for the slice to end. */
const SPARE = 10_000;
/** Records of one call of publish while the topic is filled. */
const PUBLISH_ROWS = 10_000;

const engineProcess = new URL('./engine-process.ts', import.meta.url);

/** Events of all slices. */
export function measuredEvents({ name }: Job): number {
  const { slices, slice } = sizesOf(name);
  return slices * slice;
}

/** Fills the input topic before the engine starts: the cost of producing is not measured. */
async function fill(job: Job, brokers: readonly string[], count: number): Promise<void> {
  const log = new KafkaEventLog({ brokers }, await openBenchTelemetry());
  try {
    const { topic } = job.topology.source;
    await log.ensureTopics(topicSpecs(job.topology));
    const records = await job.records(await openCodec(`${topic}-value`), count);
    for (let from = 0; from < records.length; from += PUBLISH_ROWS) {
      await log.publish(topic, records.slice(from, from + PUBLISH_ROWS));
    }
  } finally {
    await log.close();
  }
}

/** With the job's events in the topic where the log is Kafka. */
export async function placeOf(kind: LogKind, job: Job, services: Services): Promise<Place> {
  if (kind === 'embedded') return { brokers: null, redisUrl: null, stateFile: null };
  const { brokers, redisUrl } = await services.servers();
  await fill(job, brokers, sizesOf(job.name).warmUp + measuredEvents(job) + SPARE);
  return { brokers, redisUrl, stateFile: null };
}

export async function measure(
  job: Job,
  place: Place,
  profileFolder: string | null,
): Promise<readonly Slice[]> {
  const { slice, ...others } = sizesOf(job.name);
  const sizes = { ...others, sliceEvents: slice, spare: SPARE };
  const request: ThroughputRequest = { job: job.name, place, ...sizes, profileFolder };
  const child = new Child<ThroughputAnswer>(engineProcess, request);
  try {
    const { slices } = await child.next('slices');
    child.send({ kind: 'end' });
    await child.gone;
    return slices;
  } finally {
    await child.end('SIGKILL');
  }
}

export async function throughput(options: BenchOptions, services: Services): Promise<SuiteResult> {
  const figures: Array<Record<string, unknown>> = [];
  const rows: string[][] = [];
  for (const log of options.logs) {
    for (const name of jobNames) {
      const job = await jobOf(name);
      await job.model();
      const slices = await measure(job, await placeOf(log, job, services), options.profileFolder);
      const perSecond = spreadOf(slices.map(({ events, seconds }) => events / seconds));
      const micros = spreadOf(slices.map(({ events, cpuMicros }) => cpuMicros / events));
      const scored = spreadOf(slices.map(({ events, predictions }) => predictions / events));
      figures.push({ job: name, log, eventsPerSecond: perSecond, cpuMicrosPerEvent: micros, slices });
      rows.push([`${name}, ${log}`, shownSpread(perSecond), shownSpread(micros), shown(scored.median)]);
    }
  }
  const head = ['job and log', 'events a second', 'CPU µs an event', 'scored'];
  return { figures, text: table(head, rows) };
}
