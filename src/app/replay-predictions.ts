// Reads predictions back from their topic, for a subscriber that resumes further back than memory reaches (control path).
import type { RecordDecoder } from '../ports/codec.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { PredictionRecord } from '../runtime/records.ts';
import type { ReplayPredictions, ReplayRequest } from '../serving/catch-up.ts';
import type { PredictionRows } from '../serving/frames.ts';
import { parseId } from '../serving/protocol.ts';
import type { Topology } from '../topology/define.ts';
import { topicsOf } from '../topology/topics.ts';
import type { Adapters } from './adapters.ts';

/** Milliseconds between two looks for predictions that are served but not committed yet. */
const COMMIT_POLL_MS = 50;

interface Found {
  readonly offset: number;
  readonly record: PredictionRecord;
}

class PredictionsTopic {
  readonly #log: EventLog;
  readonly #topic: string;
  readonly #decoder: RecordDecoder<PredictionRecord>;

  constructor(log: EventLog, topic: string, decoder: RecordDecoder<PredictionRecord>) {
    this.#log = log;
    this.#topic = topic;
    this.#decoder = decoder;
  }

  async range(partition: number): Promise<{ low: number; high: number }> {
    return (await this.#log.offsets(this.#topic))[partition] ?? { low: 0, high: 0 };
  }

  /** Committed predictions with log offsets [from, to), by the offset of their source event. */
  async *read(partition: number, from: number, to: number): AsyncIterable<Found[]> {
    for await (const raw of this.#log.read(this.#topic, partition, from, to)) {
      const found: Found[] = [];
      for (const value of raw.values) {
        if (value === null) continue;
        const record = await this.#decoder.decode(value);
        const id = parseId(record.id);
        if (id !== null) found.push({ offset: id.offset, record });
      }
      yield found;
    }
  }

  /** The source offset of the first prediction at or after a log offset; null where there is none. */
  async #firstFrom(partition: number, from: number, to: number): Promise<number | null> {
    for await (const found of this.read(partition, from, to)) {
      if (found[0] !== undefined) return found[0].offset;
    }
    return null;
  }

  /** Where predictions after a source offset begin: a partition is in the order of its source, so by bisection. */
  async seek(partition: number, afterOffset: number): Promise<number> {
    let { low, high } = await this.range(partition);
    const end = high;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const offset = await this.#firstFrom(partition, middle, end);
      if (offset === null || offset > afterOffset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function rowsOf(request: ReplayRequest, of: readonly Found[]): PredictionRows {
  return {
    origin: request.origin,
    count: of.length,
    offsets: Float64Array.from(of, (found) => found.offset),
    eventTimeMs: Float64Array.from(of, (found) => found.record.eventTime),
    keys: of.map((found) => found.record.key),
    scores: Float32Array.from(of, (found) => found.record.score),
    flags: Uint8Array.from(of, (found) => found.record.flags),
    version: of[0]?.record.version ?? '',
  };
}

/** Runs of rows by model version: a block has one. */
function* byVersion(of: readonly Found[]): Generator<Found[]> {
  let from = 0;
  for (let i = 1; i <= of.length; i++) {
    if (i < of.length && of[i]?.record.version === of[from]?.record.version) continue;
    yield of.slice(from, i);
    from = i;
  }
}

/** @see ReplayPredictions */
export async function replayPredictions(
  topology: Topology,
  { log, codec }: Pick<Adapters, 'log' | 'codec'>,
): Promise<ReplayPredictions> {
  const { predictions } = topicsOf(topology);
  const topic = new PredictionsTopic(
    log,
    predictions,
    await codec.decoder<PredictionRecord>(`${predictions}-value`),
  );
  return async function* replay(request, gone) {
    const { partition } = request.origin;
    let at = await topic.seek(partition, request.afterOffset);
    let newest = request.afterOffset;
    let last = -1;
    for (;;) {
      const { high } = await topic.range(partition);
      for await (const found of topic.read(partition, at, high)) {
        if (gone.aborted) return;
        const wanted = found.filter(
          ({ offset }) => offset > newest && (request.beforeOffset === null || offset < request.beforeOffset),
        );
        newest = wanted.at(-1)?.offset ?? newest;
        last = found.at(-1)?.offset ?? last;
        for (const run of byVersion(wanted)) yield rowsOf(request, run);
      }
      at = high;
      // Memory holds on from `beforeOffset`: go on until the log has that one too, so that nothing lies between.
      if (request.beforeOffset === null || last >= request.beforeOffset) return;
      if (gone.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, COMMIT_POLL_MS));
    }
  };
}
