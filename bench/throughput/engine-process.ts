// The engine of the throughput bench (control path): takes what it is fed, in slices of equal numbers of events, and
// tells time and CPU of each. Nothing but the engine runs here, but for the appends to the log in the process.
import type { EmbeddedLog } from '../../src/adapters/embedded/log.ts';
import type { PredictionBlock } from '../../src/core/blocks.ts';
import type { RecordBlock } from '../../src/ports/event-log.ts';
import { argument, heard, tellParent } from '../child.ts';
import { openEngine, type Place } from '../engine/open.ts';
import { profile } from '../engine/profile.ts';
import { openCodec } from '../jobs/codec.ts';
import { chunksOf, type Job, type JobName } from '../jobs/job.ts';
import { jobOf } from '../jobs/load.ts';
import { liveSink } from '../../src/runtime/commit/live-sink.ts';

/** Rows of one append to the log in the process: as a fetch brings them. */
const APPEND_ROWS = 2_048;

export interface ThroughputRequest {
  readonly job: JobName;
  readonly place: Place;
  /** Events before the first slice. */
  readonly warmUp: number;
  readonly slices: number;
  readonly sliceEvents: number;
  /** Events after the last slice. */
  readonly spare: number;
  /** Where a CPU profile of the slices is written; null for none. */
  readonly profileFolder: string | null;
}

export interface Slice {
  readonly events: number;
  readonly predictions: number;
  /** Of the predictions: equal work has equal scores. */
  readonly scoreSum: number;
  readonly seconds: number;
  readonly cpuMicros: number;
}

export interface ThroughputAnswer {
  readonly kind: 'slices';
  readonly slices: readonly Slice[];
}

const tell: (message: ThroughputAnswer) => void = tellParent;

interface Passed {
  readonly events: number;
  readonly predictions: number;
  readonly scoreSum: number;
}

interface Mark extends Passed {
  readonly atMs: number;
  readonly cpuMicros: number;
}

/** Marks the run at the first batch past each boundary; resolves with the slices between. */
class SliceClock {
  readonly #request: ThroughputRequest;
  readonly #marks: Mark[] = [];
  #begun: () => void = () => undefined;
  #done: (slices: Slice[]) => void = () => undefined;
  /** Resolves when the warm-up is over. */
  readonly begun: Promise<void> = new Promise((resolve) => {
    this.#begun = resolve;
  });
  readonly slices: Promise<Slice[]> = new Promise((resolve) => {
    this.#done = resolve;
  });

  constructor(request: ThroughputRequest) {
    this.#request = request;
  }

  look({ events, predictions, scoreSum }: Passed): void {
    const { warmUp, sliceEvents, slices } = this.#request;
    if (this.#marks.length > slices || events < warmUp + this.#marks.length * sliceEvents) return;
    const { user, system } = process.cpuUsage();
    if (
      this.#marks.push({
        events,
        predictions,
        scoreSum,
        atMs: performance.now(),
        cpuMicros: user + system,
      }) === 1
    )
      this.#begun();
    if (this.#marks.length > slices) this.#done(this.#between());
  }

  #between(): Slice[] {
    return this.#marks.slice(1).map((mark, i) => {
      const before = this.#marks[i] as Mark;
      return {
        events: mark.events - before.events,
        predictions: mark.predictions - before.predictions,
        scoreSum: mark.scoreSum - before.scoreSum,
        seconds: (mark.atMs - before.atMs) / 1_000,
        cpuMicros: mark.cpuMicros - before.cpuMicros,
      };
    });
  }
}

/** Events by the offsets of their predictions: the engine's own figures count what is committed, whole epochs at a time. */
class PassedEvents {
  readonly #ends = new Map<number, number>();
  #events = 0;
  #predictions = 0;
  #scoreSum = 0;

  add({ origin: { partition }, offsets, scores, count }: PredictionBlock): Passed {
    const end = (offsets[count - 1] as number) + 1;
    this.#events += end - (this.#ends.get(partition) ?? 0);
    this.#predictions += count;
    for (let i = 0; i < count; i++) this.#scoreSum += scores[i] as number;
    this.#ends.set(partition, end);
    return { events: this.#events, predictions: this.#predictions, scoreSum: this.#scoreSum };
  }
}

async function encoded(job: Job, count: number): Promise<RecordBlock[]> {
  const { topic, partitions } = job.topology.source;
  const records = await job.records(await openCodec(`${topic}-value`), count);
  if (records.length < count) throw new Error(`the job ${job.name} has only ${records.length} events`);
  return chunksOf(records, partitions, APPEND_ROWS);
}

async function feed(log: EmbeddedLog, topic: string, chunks: readonly RecordBlock[]): Promise<void> {
  for (const chunk of chunks) {
    const room = log.appendBlock(topic, chunk);
    if (room !== undefined) await room;
  }
}

async function main(): Promise<void> {
  const request = argument() as ThroughputRequest;
  const { job: name, place, warmUp, slices, sliceEvents, spare } = request;
  const job = await jobOf(name);
  const model = await job.model();
  const chunks = place.brokers === null ? await encoded(job, warmUp + slices * sliceEvents + spare) : [];
  const clock = new SliceClock(request);
  const passed = new PassedEvents();
  const look = (block: PredictionBlock): void => clock.look(passed.add(block));
  const bench = await openEngine(place, job.topology, model, [liveSink('look', look)]);
  const { profileFolder } = request;
  if (profileFolder !== null)
    void profile(
      `${name}-${place.brokers === null ? 'embedded' : 'kafka'}`,
      profileFolder,
      clock.begun,
      clock.slices,
    );
  if (bench.embedded !== null) await feed(bench.embedded, job.topology.source.topic, chunks);
  tell({ kind: 'slices', slices: await clock.slices });
  await heard('end');
  await bench.close();
  process.exit(0);
}

await main();
