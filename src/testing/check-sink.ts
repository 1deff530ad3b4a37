// Checks a sink against its contract (control path), for tests of a project's own sinks.
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';
import type { Sink, SinkContext, SinkDefinition } from '../ports/sink.ts';
import { FakeTelemetry } from './fakes.ts';

/** A prediction as a sink stores it. */
export interface StoredPrediction {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly score: number;
}

export interface CheckSinkOptions {
  /** Reads back all predictions of the topology that the sink has stored, in any order. */
  readonly stored: (
    context: SinkContext,
  ) => readonly StoredPrediction[] | Promise<readonly StoredPrediction[]>;
  /** A folder for the sink; it may write to it. */
  readonly folder: string;
  /** Default: `checked`. */
  readonly topology?: string;
}

const TOPIC = 'checked';
const PARTITIONS = 2;
const FEATURES = ['amount'];

/**
 * Checks an `after-commit` sink against its contract: after a flush it has stored each row once, even if rows are
 * redelivered, in other blocks, after a restart, by two processes, and during another flush.
 * @throws Error that names the violation
 * @example await checkSink(sqliteSink(), { folder, stored: ({ folder }) => readTable(folder) });
 */
export async function checkSink(definition: SinkDefinition, options: CheckSinkOptions): Promise<void> {
  const { folder, topology = 'checked', stored } = options;
  const context: SinkContext = {
    topology,
    source: { topic: TOPIC, partitions: PARTITIONS },
    features: FEATURES,
    telemetry: new FakeTelemetry(),
    folder,
  };
  const given = new Map<string, StoredPrediction>();
  const give = (sink: Sink, partition: number, from: number, to: number): void => {
    const block = predictionsOf(partition, from, to);
    for (const [i, offset] of block.offsets.entries())
      given.set(`${partition}-${offset}`, { ...block.origin, offset, score: block.scores[i] as number });
    sink.predictions(block);
    sink.labels(labelsOf(block));
  };
  const expectStored = async (when: string): Promise<void> => compare(when, await stored(context), given);

  const sink = await definition.open(context);
  sink.begins?.({ topic: TOPIC, partition: 0 }, null);
  give(sink, 0, 0, 10);
  give(sink, 1, 0, 5);
  await sink.flush();
  expect(sink.bufferedRows === 0, `after a flush it still reports ${sink.bufferedRows} buffered rows`);
  await expectStored('after a flush');

  give(sink, 0, 3, 12); // a task has restarted from its last checkpoint
  give(sink, 0, 5, 14); // and once more, before a flush
  await sink.flush();
  await expectStored('after rows were redelivered');

  give(sink, 0, 14, 20);
  const first = sink.flush();
  give(sink, 1, 5, 8);
  await Promise.all([first, sink.flush()]);
  await expectStored('after two concurrent flushes');

  const next = await definition.open(context); // another process has taken over a partition
  give(next, 0, 10, 25);
  give(sink, 1, 6, 10);
  await Promise.all([next.flush(), sink.flush()]);
  await sink.close();
  await next.close();
  const last = await definition.open(context);
  await expectStored('after a second process and a restart');
  await last.close();
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the sink breaks its contract: ${what}`);
}

function compare(
  when: string,
  found: readonly StoredPrediction[],
  given: ReadonlyMap<string, StoredPrediction>,
): void {
  const seen = new Set<string>();
  for (const { topic, partition, offset, score } of found) {
    const id = `${partition}-${offset}`;
    const wanted = given.get(id);
    expect(!seen.has(id), `${when} it stores the prediction of ${topic}-${id} twice`);
    expect(
      topic === TOPIC && wanted !== undefined,
      `${when} it stores ${topic}-${id}, which it did not receive`,
    );
    expect(
      wanted !== undefined && Math.fround(score) === wanted.score,
      `${when} ${topic}-${id} has the wrong score ${score}`,
    );
    seen.add(id);
  }
  const missing = [...given.keys()].filter((id) => !seen.has(id));
  expect(missing.length === 0, `${when} it lacks the predictions of ${missing.join(', ')}`);
}

/** Scores are derived from offsets, so that a redelivered row is identical. */
function predictionsOf(partition: number, from: number, to: number): PredictionBlock {
  const offsets = Float64Array.from({ length: to - from }, (_, i) => from + i);
  return {
    origin: { topic: TOPIC, partition },
    count: offsets.length,
    offsets,
    eventTimeMs: offsets.map((offset) => offset * 1_000),
    keys: Array.from(offsets, (offset) => `key ${offset}`),
    scores: Float32Array.from(offsets, (offset) => offset / 64),
    shadowScores: null,
    flags: new Uint8Array(offsets.length),
    version: 'v1',
    features: Float32Array.from(offsets),
    width: FEATURES.length,
    receivedAtMs: 0,
  };
}

function labelsOf({ origin, count, offsets, eventTimeMs, scores, flags, keys }: PredictionBlock): LabelBlock {
  return {
    origin,
    count,
    watermarkMs: null,
    predictionOffsets: offsets,
    predictionTimeMs: eventTimeMs,
    labelTimeMs: eventTimeMs,
    labelOffsets: offsets,
    positions: offsets,
    labels: new Float32Array(count),
    scores,
    shadowScores: new Float32Array(count).fill(Number.NaN),
    flags,
    versions: keys.map(() => 'v1'),
    keys,
  };
}
