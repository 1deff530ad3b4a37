// Runs a topology on an engine in the test's process (control path).
import { messageOf, MillraceError } from '../core/errors.ts';
import { AvroCodec } from '../adapters/avro/codec.ts';
import { avro } from '../adapters/avro/format.ts';
import { json } from '../adapters/json/format.ts';
import { protobuf } from '../adapters/protobuf/format.ts';
import { EmbeddedLog } from '../adapters/embedded/log.ts';
import { ProjectSchemas } from '../adapters/schemas/project-schemas.ts';
import { SHUTDOWN_MS_MAX } from '../core/process-limits.ts';
import type { RecordDecoder } from '../ports/codec.ts';
import type { LogRecord } from '../ports/event-log.ts';
import type { EventRow } from '../ports/format.ts';
import type { Scorer } from '../ports/scorer.ts';
import { ControlPlane } from '../runtime/boundaries/control-plane.ts';
import { openSinks } from '../runtime/commit/open-sinks.ts';
import type { Sinks } from '../runtime/commit/sinks.ts';
import { Engine } from '../runtime/engine.ts';
import { Merges } from '../runtime/merge/merges.ts';
import { startParts, stopParts } from '../runtime/parts.ts';
import { NO_QUARANTINE } from '../runtime/quarantine/record-quarantine.ts';
import { ModelHub } from '../runtime/models/model-hub.ts';
import { openPredictionDecoder } from '../runtime/prediction-decoder.ts';
import type { DeadLetterRecord, LateRecord, PredictionRecord } from '../runtime/records.ts';
import { openTopicTable } from '../runtime/tables/open-topic-table.ts';
import { TableStore } from '../runtime/tables/table-store.ts';
import { Tables } from '../runtime/tables/tables.ts';
import { defaultTaskSettings } from '../runtime/task/task-parts.ts';
import type { Topology } from '../topology/definition.ts';
import type { SourceOptions } from '../topology/source.ts';
import { partsOf } from '../topology/parts.ts';
import { SourceFormat } from '../topology/source-format.ts';
import { tablesOf } from '../topology/tables-of.ts';
import { targetOr } from '../topology/targets.ts';
import { groupOf, topicSpecs, topicsOf } from '../topology/topics.ts';
import { FakeTelemetry, MemoryStateStores } from './fakes.ts';
import { testPersonalKeys } from './test-keys.ts';

const BARRIER_INTERVAL_MS = 10;
const CHECKPOINT_INTERVAL_MS = 20;
const POLL_MS = 5;

export interface EmbeddedOptions {
  /** Folder with the schema files of a source that declares no columns. */
  readonly schemaFolder?: string;
  /** Scores all events. Default: none, so that predictions have the declared fallback. */
  readonly model?: Scorer;
  /** The target that runs, by the id of its score stage, of a topology with several. Default: the main one. */
  readonly target?: string;
  /** Data folder, which only sinks write to. Default: `.millrace`. */
  readonly dataFolder?: string;
}

/**
 * A topology on a whole engine: its format decodes records of a log, its sinks receive predictions, and epochs are
 * committed. Log and state are in memory and survive the engine, so a test can crash and restart it. There is no offline
 * store and no learning loop. To test only the stages, TopologyDriver is simpler.
 *
 * @example
 * const run = await EmbeddedRun.start(topology);
 * await run.send([{ id: 'a', amount: 3, at: 0 }]);
 * await run.committed();
 * (await run.predictions()).length // 1
 * await run.stop();
 */
export class EmbeddedRun {
  readonly telemetry: FakeTelemetry = new FakeTelemetry();
  readonly #topology: Topology;
  readonly #options: EmbeddedOptions;
  readonly #log = new EmbeddedLog({ path: null });
  readonly #stores = new MemoryStateStores();
  readonly #schemas: ProjectSchemas;
  readonly #codec: AvroCodec;
  readonly #format: SourceFormat;
  readonly #others: readonly Topology[];
  #engine: Engine | null = null;
  /** Those that compute the features of other keys. */
  #parts: Engine[] = [];
  #merges: Merges | null = null;
  #sinks: Sinks | null = null;
  #failure: Error | null = null;
  #timestampMs = 0;

  private constructor(declared: Topology, options: EmbeddedOptions) {
    const topology = targetOr(declared, options.target);
    const { schemaFolder } = options;
    const schemaFolders = schemaFolder === undefined ? [] : [schemaFolder];
    this.#schemas = new ProjectSchemas({ registry: { url: null }, schemaFolders });
    const { main, others } = partsOf(topology);
    this.#topology = main;
    this.#others = others;
    this.#options = options;
    this.#codec = new AvroCodec(this.#schemas);
    this.#format = formatOf(topology.source, this.#schemas);
  }

  static async start(topology: Topology, options: EmbeddedOptions = {}): Promise<EmbeddedRun> {
    const run = new EmbeddedRun(topology, options);
    await run.#log.ensureTopics(topicSpecs(run.#topology));
    await run.restart();
    return run;
  }

  /** Starts an engine again after `crash`. */
  async restart(): Promise<void> {
    const topology = this.#topology;
    const { telemetry } = this;
    const { model, dataFolder = '.millrace' } = this.#options;
    const mode = topology.control?.mode ?? 'live';
    const hub = new ModelHub(mode);
    if (model !== undefined) hub.promote(model, 0);
    const keeper = { decide: async () => undefined, remaining: () => undefined };
    const hasEvents = async ({ partition }: { partition: number }): Promise<boolean> =>
      (await this.#ends())[partition] !== 0;
    const sinks = await openSinks(topology.sinks ?? [], topology, telemetry, dataFolder);
    const failed = (error: Error): void => {
      this.#failure ??= error;
    };
    const common = {
      log: this.#log,
      codec: this.#codec,
      stores: this.#stores,
      telemetry,
      quarantine: NO_QUARANTINE,
      nowMs: Date.now,
      settings: {
        ...defaultTaskSettings,
        barrierIntervalMs: BARRIER_INTERVAL_MS,
        checkpointIntervalMs: CHECKPOINT_INTERVAL_MS,
      },
    };
    const engine = new Engine({
      ...common,
      topology,
      format: this.#format,
      history: null,
      sinks,
      hub,
      control: new ControlPlane(mode, keeper, hasEvents, (error) => {
        failed(error instanceof Error ? error : new Error(messageOf(error)));
      }),
      tables: this.#openTables(),
      personal: testPersonalKeys(),
    });
    this.#sinks = sinks;
    this.#engine = engine;
    engine.failure.catch(failed);
    this.#merges = new Merges({ topology, log: this.#log, telemetry, quarantine: NO_QUARANTINE, failed });
    this.#merges.start();
    this.#parts = await startParts(this.#others, {
      ...common,
      archive: null,
      personal: testPersonalKeys(),
      format: (part) => formatOf(part.source, this.#schemas),
      failed,
    });
    await engine.start();
  }

  /** Tables of topics are in the log of the run; those of other origins need a whole project. */
  #openTables(): Tables {
    const { telemetry } = this;
    const { name: topology } = this.#topology;
    const opened = tablesOf(this.#topology).map(({ table, schema }) => {
      const { from: origin } = table;
      if (origin.kind !== 'topic')
        throw new MillraceError('TOPOLOGY_INVALID', 'only tables of topics are there in an embedded run', {
          where: `table ${table.name}`,
          remedy: 'Use TopologyDriver, and fill the table with driver.table(name).upsert(row).',
        });
      const store = new TableStore({ table, topology, schema, telemetry });
      const openFormat = (source: SourceOptions): SourceFormat => formatOf(source, this.#schemas);
      const common = { topology, store, telemetry, quarantine: NO_QUARANTINE, nowMs: Date.now };
      return openTopicTable({ ...common, origin, log: this.#log, openFormat });
    });
    return new Tables(opened);
  }

  /** Appends records to the topic of a table, which is created compacted if it does not exist. */
  async sendRows(topic: string, records: readonly LogRecord[], partitions = 1): Promise<void> {
    if (!(await this.#log.partitionCounts([topic])).has(topic))
      await this.#log.ensureTopics([{ topic, partitions, compacted: true, retentionMs: -1 }]);
    await this.#log.publish(topic, records);
  }

  /** Appends events to a partition of the source, encoded by its format. */
  async send(events: readonly EventRow[], partition = 0): Promise<void> {
    const encoder = await this.#format.encoder();
    for (const event of events) {
      const timeMs = event[this.#topology.source.eventTime];
      if (typeof timeMs === 'number') this.#timestampMs = timeMs;
      await this.sendValues([encoder.encode(event)], partition);
    }
  }

  /** Appends records with these values; null is a record without one. */
  async sendValues(values: ReadonlyArray<Uint8Array | null>, partition = 0): Promise<void> {
    const records = values.map((value) => ({
      key: null,
      value: value === null ? null : Buffer.from(value),
      timestampMs: this.#timestampMs,
      partition,
    }));
    await this.#log.publish(this.#topology.source.topic, records);
  }

  /** Resolves when the outputs of every event are committed in the log. Rejects if the engine has failed. */
  async committed(): Promise<void> {
    const { name, source } = this.#topology;
    const offset = (partition: number): number =>
      this.#log.committedOffset(groupOf(name), { topic: source.topic, partition })?.offset ?? 0;
    await this.#reached(offset);
  }

  /** Resolves when the state of every event is stored too, which requires that the sinks have stored their rows. */
  async checkpointed(): Promise<void> {
    await this.#reached((partition) => this.stateOffset(partition) ?? 0);
  }

  async #reached(offset: (partition: number) => number): Promise<void> {
    const ends = await this.#ends();
    while (!ends.every((end, partition) => offset(partition) >= end)) {
      if (this.#failure !== null) throw this.#failure;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #ends(): Promise<number[]> {
    return (await this.#log.offsets(this.#topology.source.topic)).map(({ high }) => high);
  }

  /** The offset that a restart of the partition reads from; null before its first checkpoint. */
  stateOffset(partition = 0): number | null {
    const { name, source } = this.#topology;
    return this.#stores.offset(name, { topic: source.topic, partition });
  }

  /** Everything in the predictions topic, by partition and offset. */
  predictions(): Promise<PredictionRecord[]> {
    const topics = topicsOf(this.#topology);
    return this.#readAll(topics.predictions, openPredictionDecoder(this.#codec, topics));
  }

  deadLetters(): Promise<DeadLetterRecord[]> {
    return this.#readAll<DeadLetterRecord>(topicsOf(this.#topology).deadLetters);
  }

  late(): Promise<LateRecord[]> {
    return this.#readAll<LateRecord>(topicsOf(this.#topology).late);
  }

  /** The keys and values of all records in the topics with such a name: what a test looks through for what must not be there. */
  async recordsOf(topics: RegExp): Promise<Buffer[]> {
    const found: Buffer[] = [];
    for (const { topic } of topicSpecs(this.#topology).filter((spec) => topics.test(spec.topic)))
      for (const [partition, { low, high }] of (await this.#log.offsets(topic)).entries())
        for await (const { keys, values } of this.#log.read(topic, partition, low, high))
          for (const bytes of [...keys, ...values]) if (bytes !== null) found.push(Buffer.from(bytes));
    return found;
  }

  async #readAll<T extends object>(
    topic: string,
    opening: Promise<RecordDecoder<T>> = this.#codec.decoder<T>(`${topic}-value`),
  ): Promise<T[]> {
    const decoder = await opening;
    const found: T[] = [];
    for (const [partition, { low, high }] of (await this.#log.offsets(topic)).entries())
      for await (const { values } of this.#log.read(topic, partition, low, high))
        for (const value of values) if (value !== null) found.push({ ...(await decoder.decode(value)) });
    return found;
  }

  /** Ends the engine like a crash: nothing more is committed, and the sinks are neither flushed nor closed. */
  async crash(): Promise<void> {
    const engines = [...(this.#engine === null ? [] : [this.#engine]), ...this.#parts];
    this.#engine = null;
    this.#parts = [];
    this.#sinks = null;
    await Promise.all([this.#merges?.stop(SHUTDOWN_MS_MAX), ...engines.map((engine) => engine.stop(0))]);
    await Promise.all(engines.map((engine) => engine.drained().catch(() => undefined))); // abandoned tasks fail
    this.#failure = null;
  }

  /** Commits what is processed and closes everything, the sinks last. */
  async stop(): Promise<void> {
    await this.#engine?.stop(SHUTDOWN_MS_MAX);
    await stopParts(this.#parts, SHUTDOWN_MS_MAX);
    await this.#merges?.stop(SHUTDOWN_MS_MAX);
    await this.#sinks?.close();
    await this.#log.close();
    if (this.#failure !== null) throw this.#failure;
  }
}

function formatOf(source: SourceOptions, schemas: ProjectSchemas): SourceFormat {
  return new SourceFormat(source, schemas, avro(), [avro(), json(), protobuf()]);
}
