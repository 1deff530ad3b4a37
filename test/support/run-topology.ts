// Runs a topology on an embedded log until everything in it has been read, through as many killed processes
// as asked for, and collects what it left behind.
import { EmbeddedLog } from '../../src/adapters/embedded/log.ts';
import type { LabelBlock, PredictionBlock } from '../../src/core/blocks.ts';
import type { EventLog, LogRecord } from '../../src/ports/event-log.ts';
import type { AvroCodec } from '../../src/adapters/avro/codec.ts';
import type { RecordDecoder } from '../../src/ports/codec.ts';
import type { StateStores } from '../../src/ports/state-store.ts';
import { openSinks } from '../../src/runtime/commit/open-sinks.ts';
import { historySink } from '../../src/runtime/commit/history-sink.ts';
import { liveSink } from '../../src/runtime/commit/live-sink.ts';
import { Engine } from '../../src/runtime/engine.ts';
import { ControlPlane } from '../../src/runtime/boundaries/control-plane.ts';
import { FleetControl } from '../../src/runtime/boundaries/fleet-control.ts';
import type { ObservationsRecord } from '../../src/runtime/boundaries/observation-record.ts';
import { defaultTaskSettings } from '../../src/runtime/task/task-parts.ts';
import { ModelHub } from '../../src/runtime/models/model-hub.ts';
import type { DeadLetterRecord, LateRecord, PredictionRecord } from '../../src/runtime/records.ts';
import { fakeScorer, FakeTelemetry } from '../../src/testing/index.ts';
import { MemoryHistory } from './memory-history.ts';
import type { Topology } from '../../src/index.ts';
import { groupOf, topicSpecs, topicsOf } from '../../src/topology/topics.ts';
import { observationRows, type ObservedRow } from './observed.ts';
import { truncatedLog } from './truncated-log.ts';
import { avroFormat } from './avro-source.ts';
import { Fate, formatOf, logOf, storesOf, type Instant } from './fate.ts';

export interface Life {
  readonly instant: Instant;
  readonly nth: number;
}

export interface TopologyRun {
  readonly topology: Topology;
  readonly codec: AvroCodec;
  readonly stores: StateStores;
  /** Published before the first life. */
  readonly records: readonly LogRecord[];
  /** Where they go, and what others have left; a log of its own by default, which is closed in the end. */
  readonly log?: EmbeddedLog;
  /** Called with each block that a life makes, whether it is committed or not. */
  readonly onPredictions?: (block: PredictionBlock) => void;
  readonly seed: number;
  readonly hotKeysMax?: number;
  readonly rebuildWholeRowsMax?: number;
  /** How each life ends before everything is read; the last one is undisturbed. */
  readonly lives: readonly Life[];
  /** Called after each life, with its number from 0. */
  readonly between?: (nth: number) => void;
  /** Called with each life's engine. */
  readonly onEngine?: (engine: Engine) => void;
  /**
   * Where the source topic begins in a life, for each partition.
   * @param committed G as the life begins
   * @param low where it began before
   */
  readonly truncate?: (committed: number, low: number) => number;
  /** Called with what each life reports. */
  readonly onTelemetry?: (telemetry: FakeTelemetry) => void;
  /** Called with the log before it is closed. */
  readonly inspect?: (log: EmbeddedLog, left: Left) => Promise<void>;
  /** Rows of the random pieces in which the log is read, at most. */
  readonly piecesMax?: number;
}

export interface Left {
  readonly predictions: readonly PredictionRecord[];
  readonly deadLetters: readonly DeadLetterRecord[];
  readonly late: readonly LateRecord[];
  /** What drift and quality are computed from. */
  readonly observed: readonly ObservedRow[];
  /** Rows that history was given, each once, as it drops those that it has. */
  readonly labels: readonly string[];
  /** By partition: what the last checkpoint holds of the labels stage; none where the log was given. */
  readonly labelCounts: readonly string[];
  /** Lives that were ended by their fate. */
  readonly deaths: number;
}

const STOP_MS = 5_000;
const POLL_MS = 2;

async function readAll<T>(log: EmbeddedLog, topic: string, decoder: RecordDecoder<T>): Promise<T[]> {
  const out: T[] = [];
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries()) {
    for await (const raw of log.read(topic, partition, low, high)) {
      for (const value of raw.values) if (value !== null) out.push({ ...(await decoder.decode(value)) });
    }
  }
  return out;
}

/** History that keeps the labels it is given. */
class LabelRows extends MemoryHistory {
  readonly rows = new Set<string>();
  /** By partition: where the row before came out. All owners must give rows in one order. */
  #positions = new Map<number, number>();

  begin(): void {
    this.#positions = new Map();
  }

  override labels(_topology: string, of: LabelBlock): void {
    for (let i = 0; i < of.count; i++) {
      const position = of.positions[i] as number;
      const before = this.#positions.get(of.origin.partition) ?? Number.NEGATIVE_INFINITY;
      if (position < before) throw new Error(`a label that came out at ${position} comes after ${before}`);
      this.#positions.set(of.origin.partition, position);
      const id = `${of.origin.partition}-${of.predictionOffsets[i]} by ${of.labelOffsets[i]}`;
      this.rows.add(
        `${id}: ${of.labels[i]} ${of.scores[i]} ${of.versions[i]} ${of.labelTimeMs[i]} @${position}`,
      );
    }
  }
}

/** One process: returns true where it was killed. */
async function live(run: TopologyRun, log: EventLog, fate: Fate, history: LabelRows): Promise<boolean> {
  const { topology } = run;
  const width = topology.features?.features.length ?? 0;
  const hub = new ModelHub();
  hub.promote(
    fakeScorer('v1', width, (f) => Math.tanh(f.reduce((a, b) => a + (Number.isNaN(b) ? 1 : b), 0) / 1e7)),
    0,
  );
  const keeper = { decide: async () => undefined, remaining: () => undefined };
  const { source } = topicsOf(topology);
  const ends = (await log.offsets(source)).map(({ high }) => high);
  const { observations } = topicsOf(topology);
  const mode = topology.control?.mode ?? 'live';
  const fleet = new FleetControl({
    source: topology.source,
    topic: observations,
    others: topology.control?.with ?? [],
    mode,
    log,
    encoder: await run.codec.encoder<ObservationsRecord>(`${observations}-value`),
    decoder: await run.codec.decoder<ObservationsRecord>(`${observations}-value`),
    keeper,
    history: null,
    telemetry: new FakeTelemetry(),
    nowMs: () => 0,
  });
  // Aligned, a boundary that goes through a topic takes its time: there, as in a process of its own, it does not.
  const control =
    mode === 'live' ? fleet : new ControlPlane(mode, keeper, async ({ partition }) => ends[partition] !== 0);
  if (mode === 'live') fleet.start();
  const telemetry = new FakeTelemetry();
  run.onTelemetry?.(telemetry);
  const look = liveSink('look', (block) => run.onPredictions?.(block));
  const engine = new Engine({
    topology,
    log: logOf(log, fate),
    format: formatOf(avroFormat(topology.source, run.codec), fate),
    codec: run.codec,
    stores: storesOf(run.stores, fate),
    history,
    sinks: await openSinks([look, historySink(history)], topology, telemetry, ''),
    hub,
    control,
    telemetry,
    nowMs: () => 0,
    settings: {
      ...defaultTaskSettings,
      checkpointIntervalMs: 0,
      hotKeysMax: run.hotKeysMax ?? defaultTaskSettings.hotKeysMax,
      rebuildWholeRowsMax: run.rebuildWholeRowsMax ?? defaultTaskSettings.rebuildWholeRowsMax,
    },
  });
  run.onEngine?.(engine);
  const failures: Error[] = [];
  engine.failure.catch((error: Error) => failures.push(error));
  await engine.start();
  const isDone = (): boolean => {
    const positions = engine.positions();
    control.sourceEnded = positions.some(({ offset, partition }) => offset === ends[partition]);
    return positions.length === ends.length && positions.every((at) => at.offset === ends[at.partition]);
  };
  while (failures.length === 0 && !isDone()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  await engine.stop(STOP_MS);
  fleet.close();
  if (failures[0] !== undefined && !fate.dead) throw failures[0];
  return fate.dead;
}

/** Runs to the end of the records. */
export async function runTopology(run: TopologyRun): Promise<Left> {
  const { topology, codec } = run;
  const log = run.log ?? new EmbeddedLog({ path: null });
  const topics = topicsOf(topology);
  await log.ensureTopics(topicSpecs(topology));
  await log.publish(topics.source, run.records);
  const history = new LabelRows();
  let deaths = 0;
  const lows = Array.from({ length: topology.source.partitions }, () => 0);
  for (const [i, at] of [...run.lives, null].entries()) {
    for (const [partition, low] of lows.entries()) {
      const of = { topic: topics.source, partition };
      const committed = log.committedOffset(groupOf(topology.name), of)?.offset ?? 0;
      lows[partition] = run.truncate?.(committed, low) ?? low;
    }
    const seen = truncatedLog(log, topics.source, [...lows]);
    history.begin();
    if (await live(run, seen, new Fate(run.seed + i, run.piecesMax ?? 12, at), history)) deaths += 1;
    run.between?.(i);
  }
  const byOffset = (a: DeadLetterRecord | LateRecord, b: DeadLetterRecord | LateRecord): number =>
    a.partition - b.partition || a.offset - b.offset;
  const byId = (a: ObservedRow, b: ObservedRow): number => (a.id < b.id ? -1 : 1);
  const decoders = {
    predictions: await codec.decoder<PredictionRecord>(`${topics.predictions}-value`),
    deadLetters: await codec.decoder<DeadLetterRecord>(`${topics.deadLetters}-value`),
    late: await codec.decoder<LateRecord>(`${topics.late}-value`),
    observations: await codec.decoder<ObservationsRecord>(`${topics.observations}-value`),
  };
  const partitions = Array.from({ length: topology.source.partitions }, (_, i) => i);
  // Looking at them fences all owners: where the log is another's, a later run may go on.
  const looksAt = run.log === undefined ? partitions : [];
  const checkpoints = await Promise.all(
    looksAt.map((partition) =>
      run.stores.open(topology.name, { topic: topics.source, partition }).restore(Number.MAX_SAFE_INTEGER),
    ),
  );
  const left: Left = {
    predictions: await readAll(log, topics.predictions, decoders.predictions),
    deadLetters: (await readAll(log, topics.deadLetters, decoders.deadLetters)).sort(byOffset),
    late: (await readAll(log, topics.late, decoders.late)).sort(byOffset),
    observed: observationRows(await readAll(log, topics.observations, decoders.observations)).sort(byId),
    labels: [...history.rows].sort(),
    labelCounts: checkpoints.map((at) => Buffer.from(at?.stages.get('labels') ?? []).toString()),
    deaths,
  };
  await run.inspect?.(log, left);
  if (run.log === undefined) await log.close();
  return left;
}

/** Lets the clock of timers jump at random, so that epochs close at random batches; returns what undoes it. */
export function jumpingClock(next: () => number): () => void {
  const real = performance.now.bind(performance);
  let ahead = 0;
  performance.now = () => {
    if (next() < 0.15) ahead += 120;
    return real() + ahead;
  };
  return () => {
    performance.now = real;
  };
}
