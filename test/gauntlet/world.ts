// One world while it is played: its topics, its registry, its engine's lives, and what is judged at the end. A kind of world
// is a script over these verbs (see kinds/).
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Admin } from 'kafkajs';
import { prepareLog } from '../../bench/fleet/setting.ts';
import { openCodec, openLog } from '../../src/app/compose/adapters.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import type { Topology } from '../../src/index.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { groupOf, topicSpecs } from '../../src/topology/topics.ts';
import type { AvroSchema } from './avro-schema.ts';
import { alterTopic, clearWorld, loseRecords, recreateTopic } from './world-servers.ts';
import type { ClientName, Sending, WorldProducer } from './clients/client.ts';
import { KafkaJsProducer } from './clients/kafkajs.ts';
import type { Declaration } from './declaration.ts';
import { startInProcess, startProcess, type EngineEnvironment, type EngineLife } from './engine.ts';
import { Evidence, idOf } from './evidence.ts';
import type { Verdict } from './judge.ts';
import { worldModel, type ModelSpec } from './model.ts';
import type { SourceRecord } from './oracle/oracle.ts';
import { together } from './parts.ts';
import { promoteOver, registerModel } from './promotion.ts';
import type { WorldRegistry } from './registry.ts';
import { untilCommitted } from './settle.ts';
import type { Stage } from './stage.ts';
import { worldTopology } from './topology.ts';

export interface StartOptions {
  /** `millrace run` instead of the same engine in this process. */
  readonly asProcess?: boolean;
  /** Of a process: how far its clock is ahead, ms. */
  readonly clockMs?: number;
  readonly environment?: EngineEnvironment;
}

type Judged = Awaited<ReturnType<Evidence['judged']>>;

export class World {
  readonly declaration: Declaration;
  readonly registry: WorldRegistry;
  readonly topology: Topology;
  readonly stage: Stage;
  /** Of its own: kafkajs fails for all topics that a client has seen once one of them is gone. */
  readonly admin: Admin;
  readonly #clients: Readonly<Record<ClientName, WorldProducer>>;
  /** What happened, for the report of a world that fails. */
  readonly log: string[] = [];
  readonly #folder: string;
  #evidence = new Evidence();
  /** Of the source before it was created again. */
  #earlier: Judged | null = null;
  #engine: EngineLife | null = null;
  #lives = 0;

  constructor(stage: Stage, declaration: Declaration, firstSchemaId: number) {
    this.stage = stage;
    this.admin = stage.kafka.admin();
    const kafkajs = new KafkaJsProducer(stage.kafka, declaration.name);
    this.#clients = { kafkajs, java: stage.java, python: stage.python };
    this.declaration = declaration;
    this.topology = worldTopology(declaration);
    this.registry = stage.registry.open(declaration.name, firstSchemaId);
    this.#folder = join(stage.folder, declaration.name);
  }

  get environment(): EngineEnvironment {
    const { servers, registry } = this.stage;
    return {
      MILLRACE_KAFKA_BROKERS: servers.brokers,
      MILLRACE_REDIS_URL: servers.redisUrl,
      MILLRACE_CLICKHOUSE_URL: servers.clickhouseUrl,
      MILLRACE_SCHEMA_REGISTRY_URL: `${registry.url}/${this.declaration.name}`,
      MILLRACE_SCHEMAS: this.#folder,
      MILLRACE_DATA: join(this.#folder, 'data'),
      MILLRACE_PROVIDERS: 'cpu',
      MILLRACE_LOG_LEVEL: 'info',
    };
  }

  get group(): string {
    return groupOf(this.declaration.name);
  }

  /** Makes the topics, the subject of the source and the champion. */
  async prepare(): Promise<void> {
    const { declaration, topology, registry } = this;
    await mkdir(join(this.#folder, 'data'), { recursive: true });
    const subject = `${declaration.topic}-value`;
    await writeFile(join(this.#folder, `${subject}.avsc`), JSON.stringify(declaration.reader));
    await writeFile(join(this.#folder, 'declaration.json'), JSON.stringify(declaration));
    registry.add(subject, JSON.stringify(declaration.reader));
    await this.admin.connect();
    const config = readConfig(this.environment);
    const log = await openLog(config, new FakeTelemetry());
    const codec = openCodec(config);
    try {
      if (declaration.hasModel) await prepareLog(log, codec, { topology, ...worldModel(topology) });
      else await log.ensureTopics(topicSpecs(topology));
    } finally {
      await codec.close();
      await log.close();
    }
  }

  /** The id under which a producer registers its schema. */
  register(schema: AvroSchema): number {
    return this.registry.add(`${this.declaration.topic}-value`, JSON.stringify(schema));
  }

  async send(client: ClientName, sending: Omit<Sending, 'topic'>): Promise<void> {
    const { codec, transaction, records } = sending;
    this.log.push(`${client} sends ${records.length} records (codec ${codec}, transaction ${transaction})`);
    await this.#clients[client].produce({ topic: this.declaration.topic, ...sending });
  }

  async start({ asProcess = false, clockMs = 0, environment = {} }: StartOptions = {}): Promise<void> {
    this.log.push(asProcess ? `a process starts, its clock ${clockMs} ms ahead` : 'an engine starts');
    this.#lives += 1;
    const all = { ...this.environment, ...environment };
    const declarationFile = join(this.#folder, 'declaration.json');
    const logFile = join(this.#folder, `engine${this.#lives}.log`);
    try {
      this.#engine = asProcess
        ? await startProcess({ environment: all, declarationFile, logFile, clockMs })
        : await startInProcess(this.topology, all);
    } catch (error) {
      this.#evidence.processEnds.push(`at its start: ${String(error)}`);
      throw error;
    }
  }

  /** Resolves once everything in the source is committed, or is found to be stuck. */
  async settle(): Promise<void> {
    this.log.push('until everything is committed');
    const { stuck, end } = await untilCommitted(
      { admin: this.admin, topic: this.declaration.topic, group: this.group },
      this.#engine,
    );
    for (const one of stuck) this.#evidence.stuck.push(one);
    if (end !== null) this.#evidence.processEnds.push(end);
  }

  /** Promotes a version after everything in the source: it must be taken everywhere, or be refused. */
  async promote(spec: ModelSpec, isGood: boolean): Promise<void> {
    const { topology, declaration, admin } = this;
    await registerModel(topology, join(this.#folder, 'data'), spec);
    const answer = await promoteOver(this.#engine?.url ?? '', spec.version);
    this.log.push(`promotion of ${JSON.stringify(spec)}: ${answer}`);
    const right = isGood ? '200 taken' : '409 MODEL_INVALID';
    if (answer !== right)
      this.#evidence.wrongAnswers.push(`promotion of ${spec.shape}: ${answer} instead of ${right}`);
    if (!isGood) return;
    const ends = await admin.fetchTopicOffsets(declaration.topic);
    this.#evidence.champions.push({
      ...spec,
      from: new Map(ends.map((end) => [end.partition, Number(end.high)])),
    });
  }

  /** An orderly stop; its counters are those of a life that ended well. */
  async stop(): Promise<void> {
    const engine = this.#engine;
    if (engine === null) return;
    this.log.push('the engine stops');
    const isDone = this.#evidence.stuck.length === 0;
    if (engine.ended() === null) await this.#evidence.figures.take(engine, this.declaration.name, isDone);
    this.#engine = null;
    await engine.stop();
  }

  /** kill -9. What it had counted is gone. */
  async kill(): Promise<void> {
    this.log.push('the engine is killed');
    const engine = this.#engine;
    this.#engine = null;
    this.#evidence.figures.lose();
    await engine?.kill?.();
  }

  /** Changes settings of the source's topic, as its owner may at any time. */
  async alterSource(settings: Readonly<Record<string, string>>): Promise<void> {
    this.log.push(`the source's topic gets ${JSON.stringify(settings)}`);
    await alterTopic(this.admin, this.declaration.topic, settings);
  }

  /**
   * The source loses a share of each partition's records, as by its retention: what was processed stays known to the oracle,
   * and what a later engine skips is none of its business.
   */
  async loseBeginning(share: () => number, reset: 'earliest' | 'latest'): Promise<void> {
    const { admin, group, declaration, stage } = this;
    const records = await stage.java.read(declaration.topic);
    const losses = await loseRecords({ admin, topic: declaration.topic, group }, share);
    for (const { partition, committed, low, high } of losses) {
      this.log.push(`partition ${partition} of [0, ${high}) begins at ${low}; ${committed} was committed`);
      const isSkipped = low > committed;
      const readFrom = isSkipped ? (reset === 'latest' ? high : low) : committed;
      const isKept = ({ offset }: SourceRecord): boolean => offset < committed || offset >= readFrom;
      const own = records.filter((record) => record.partition === partition);
      this.#evidence.former.push(...own.filter((record) => isKept(record)));
      for (const record of own.filter((each) => !isKept(each))) this.#evidence.skipped.add(idOf(record));
    }
  }

  /** The source is deleted and created again: what was before is judged, and the world goes on with other events. */
  async recreateSource(): Promise<void> {
    const { declaration, admin } = this;
    await this.stop();
    this.#earlier = await this.#judged();
    this.#evidence = new Evidence();
    await recreateTopic(admin, declaration.topic, declaration.partitions);
    this.log.push('the source is deleted and created again');
  }

  #judged(): Promise<Judged> {
    const { stage, declaration, registry } = this;
    return this.#evidence.judged(stage, declaration, registry.schemas, this.#earlier?.left ?? null);
  }

  async verdict(): Promise<Verdict> {
    await this.stop();
    const { verdict } = await this.#judged();
    return this.#earlier === null ? verdict : together(this.#earlier.verdict, verdict);
  }

  /** Removes what it left on the servers; harmless where it is gone. */
  async clear(): Promise<void> {
    await this.#engine?.stop().catch(() => undefined);
    this.#engine = null;
    await this.#clients.kafkajs.close();
    await clearWorld(this);
    await this.admin.disconnect();
  }
}
