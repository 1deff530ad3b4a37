// Runs a topology on an embedded log until all of it has been read, with as many killed processes as requested, and
// collects the results.
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
import { Merges } from '../../src/runtime/merge/merges.ts';
import { ModelHub } from '../../src/runtime/models/model-hub.ts';
import { mergeOf } from '../../src/topology/merge.ts';
import type { DeadLetterRecord, LateRecord, PredictionRecord } from '../../src/runtime/records.ts';
import { FakeQuarantine } from './fake-quarantine.ts';
import { fakeScorer, FakeTelemetry } from '../../src/testing/index.ts';
import { testPersonalKeys } from '../../src/testing/test-keys.ts';
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
  /** The log to use, with the results of earlier runs. Default: a new one, which is closed at the end. */
  readonly log?: EmbeddedLog;
  /** Called with each block that is computed, whether it is committed or not. */
  readonly onPredictions?: (block: PredictionBlock) => void;
  readonly seed: number;
  readonly hotKeysMax?: number;
  readonly rebuildWholeRowsMax?: number;
  /** How each life ends before everything is read; the last one is undisturbed. */
  readonly lives: readonly Life[];
  /** Called after each life, with its number from 0. */
  readonly between?: (nth: number) => void | Promise<void>;
  /** Called with each life's engine. */
  readonly onEngine?: (engine: Engine) => void;
  /**
   * Returns the first offset of the source topic in the next process, for each partition.
   * @param committed the group offset when the process starts
   * @param low the first offset in the previous process
   */
  readonly truncate?: (committed: number, low: number) => number;
  /** Called with the telemetry of each process. */
  readonly onTelemetry?: (telemetry: FakeTelemetry) => void;
  /** Called with the log before it is closed. */
  readonly inspect?: (log: EmbeddedLog, left: Left) => Promise<void>;
  /** Largest number of rows in the random pieces in which the log is read. */
  readonly piecesMax?: number;
}

export interface Left {
  readonly predictions: readonly PredictionRecord[];
  readonly deadLetters: readonly DeadLetterRecord[];
  readonly late: readonly LateRecord[];
  /** The observations that drift and quality are computed from. */
  readonly observed: readonly ObservedRow[];
  /** Rows that history received; each once, because it ignores duplicates. */
  readonly labels: readonly string[];
  /** State of the labels stage in the last checkpoint, by partition; empty if the log was passed in. */
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

/** An offline store that records labels. */
class LabelRows extends MemoryHistory {
  readonly rows = new Set<string>();
  /** Position of the previous row, by partition. All owners must produce rows in the same order. */
  #positions = new Map<number, number>();

  begin(): void {
    this.#positions = new Map();
  }

  override labels(_topology: string, block: LabelBlock): void {
    const { partition } = block.origin;
    for (let i = 0; i < block.count; i++) {
      const position = block.positions[i] as number;
      const previous = this.#positions.get(partition) ?? Number.NEGATIVE_INFINITY;
      const id = `${partition}-${block.predictionOffsets[i]} by ${block.labelOffsets[i]}`;
      const values = [block.labels[i], block.scores[i], block.versions[i], block.labelTimeMs[i]];
      const row = `${id}: ${values.join(' ')} @${position}`;
      // A task that rebuilds its state goes back, and repeats rows.
      if (position < previous && !this.rows.has(row))
        throw new Error(`a label at position ${position} follows one at ${previous}`);
      this.#positions.set(partition, position);
      this.rows.add(row);
    }
  }
}

/** Whether everything that was repartitioned is in the merged topic, if there is one. */
async function isMerged(topology: Topology, log: EventLog): Promise<boolean> {
  const merge = mergeOf(topology);
  if (merge === null) return true;
  const committed = await log.committedOffsets(merge.groupId, merge.before);
  const ends = await log.offsets(merge.before);
  return ends.every(({ high }, partition) => (committed.get(partition)?.offset ?? 0) >= high);
}

/** Runs one process. Returns whether it was killed. */
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
  const failures: Error[] = [];
  const quarantine = new FakeQuarantine();
  const fleet = new FleetControl({
    source: topology.source,
    name: topology.name,
    others: topology.control?.with ?? [],
    mode,
    log,
    encoder: await run.codec.encoder<ObservationsRecord>(`${observations}-value`),
    decoder: await run.codec.decoder<ObservationsRecord>(`${observations}-value`),
    keeper,
    loop: { restore: () => undefined, lost: () => undefined, resumed: async () => undefined },
    telemetry: new FakeTelemetry(),
    quarantine,
    nowMs: () => 0,
    failed: (error) => failures.push(error),
  });
  // In aligned mode a boundary that goes through a topic is slow, so the control plane of a single process is used.
  const control =
    mode === 'live'
      ? fleet
      : new ControlPlane(
          mode,
          keeper,
          async ({ partition }) => ends[partition] !== 0,
          () => undefined,
        );
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
    quarantine,
    personal: testPersonalKeys(),
    nowMs: () => 0,
    settings: {
      ...defaultTaskSettings,
      checkpointIntervalMs: 0,
      hotKeysMax: run.hotKeysMax ?? defaultTaskSettings.hotKeysMax,
      rebuildWholeRowsMax: run.rebuildWholeRowsMax ?? defaultTaskSettings.rebuildWholeRowsMax,
    },
  });
  run.onEngine?.(engine);
  const sequencers = new Merges({
    topology,
    log: logOf(log, fate),
    telemetry,
    quarantine,
    failed: (error) => failures.push(error),
  });
  sequencers.start();
  engine.failure.catch((error: Error) => failures.push(error));
  await engine.start();
  const isDone = (): boolean => {
    const positions = engine.positions();
    control.sourceEnded = positions.some(({ offset, partition }) => offset === ends[partition]);
    return positions.length === ends.length && positions.every((at) => at.offset === ends[at.partition]);
  };
  while (failures.length === 0 && !isDone()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  await engine.stop(STOP_MS);
  while (failures.length === 0 && !(await isMerged(topology, log)))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  await sequencers.stop(STOP_MS);
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
      const source = { topic: topics.source, partition };
      const committed = log.committedOffset(groupOf(topology.name), source)?.offset ?? 0;
      lows[partition] = run.truncate?.(committed, low) ?? low;
    }
    const seen = truncatedLog(log, topics.source, [...lows]);
    history.begin();
    if (await live(run, seen, new Fate(run.seed + i, run.piecesMax ?? 12, at), history)) deaths += 1;
    await run.between?.(i);
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
  // Reading a checkpoint fences all owners, so it is left out if a later run may continue on the same log.
  const inspected = run.log === undefined ? partitions : [];
  const checkpoints = await Promise.all(
    inspected.map((partition) =>
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

/** Makes performance.now() jump at random, so that epochs close at random batches. Returns a function that restores it. */
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
