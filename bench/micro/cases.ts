// The parts of the hot path one by one (control path): each on a full batch of 2,048 events of a job.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { avro } from '../../src/adapters/avro/format.ts';
import { SqliteStateStores } from '../../src/adapters/embedded/state-store.ts';
import { PartitionBatches } from '../../src/adapters/kafka/records/partition-batches.ts';
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import type { Barrier, Batch, RawBatch } from '../../src/core/batch.ts';
import type { PredictionBlock } from '../../src/core/blocks.ts';
import { BATCH_ROWS_MAX } from '../../src/core/event-limits.ts';
import { profile } from '../../src/operators/profile.ts';
import { repartition } from '../../src/operators/repartition.ts';
import type { Stage, EngineStageContext } from '../../src/operators/stage.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import { EpochCounts } from '../../src/runtime/commit/epoch-counts.ts';
import { EpochOutputs } from '../../src/runtime/commit/epoch-outputs.ts';
import { Sinks } from '../../src/runtime/commit/sinks.ts';
import type { DeadLetterRecord, LateRecord } from '../../src/runtime/records.ts';
import { RepartitionedRows } from '../../src/runtime/commit/repartitioned-rows.ts';
import { RunStats } from '../../src/runtime/task/run-stats.ts';
import { SourceDecoder } from '../../src/runtime/task/source-decoder.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { SourceFormat } from '../../src/topology/source-format.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import { openCodec } from '../jobs/codec.ts';
import type { Job, JobName } from '../jobs/job.ts';
import { jobOf } from '../jobs/load.ts';
import { rawOf } from '../jobs/raw.ts';
import { barrierAt, contextOf, openStage } from './context.ts';

export interface MicroCase {
  readonly name: string;
  /** Events, or keys, that one call handles. */
  readonly per: number;
  readonly unit: 'event' | 'key';
  run(): unknown;
}

const ROWS = BATCH_ROWS_MAX;
/** The flights' first batch is taken from where all kinds of events are: the first hours of the data are weather alone. */
const SKIPPED = 20_000;

/** One job's batch, decoded, and the stages that it goes through. */
interface Bed {
  readonly job: Job;
  readonly codec: SchemaCodec;
  readonly decoder: SourceDecoder;
  readonly raw: RawBatch;
  readonly batch: Batch;
  readonly context: EngineStageContext;
}

async function bedOf(name: JobName): Promise<Bed> {
  const job = await jobOf(name);
  const { source, watermarks } = job.topology;
  const { topic, eventTime } = source;
  const codec = await openCodec(`${topic}-value`);
  const format = new SourceFormat(source, codec.schemas, avro());
  const decoder = new SourceDecoder(await format.decoder(), eventTime, topic, watermarks.allowedAheadMs);
  const records = await job.records(codec, SKIPPED + ROWS);
  const raw = rawOf(topic, records.slice(SKIPPED));
  await decoder.prepare(raw);
  const { batch } = decoder.decode(raw, 0, ROWS);
  return { job, codec, decoder, raw, batch, context: contextOf(job.topology, decoder) };
}

function stageOf({ job }: Bed, kind: string): Stage {
  const found = job.topology.stages.find((stage) => stage.kind === kind);
  if (found === undefined) throw new Error(`the job ${job.name} has no ${kind} stage`);
  return found;
}

function decodeCase(bed: Bed): MicroCase {
  const { decoder, raw, job } = bed;
  return { name: `decode, ${job.name}`, per: ROWS, unit: 'event', run: () => decoder.decode(raw, 0, ROWS) };
}

/** With `fresh` a stage is opened for each batch, so that it has seen none of its events before. */
function stageCase(bed: Bed, kind: string, fresh: boolean): MicroCase {
  const { batch, context, job } = bed;
  const stage = stageOf(bed, kind);
  const kept = openStage(stage, context);
  const run = fresh ? (): void => openStage(stage, context).push(batch) : (): void => kept.push(batch);
  return { name: `${kind}, ${job.name}${fresh ? ', from empty' : ''}`, per: ROWS, unit: 'event', run };
}

/** Profiles of every column. The kept stage has met the strings of the batch; a fresh one makes its periods as well. */
function profileCase({ batch, context, job }: Bed, fresh: boolean): MicroCase {
  const kept = openStage(profile(), context);
  const run = fresh ? (): void => openStage(profile(), context).push(batch) : (): void => kept.push(batch);
  return { name: `profile, ${job.name}${fresh ? ', from empty' : ''}`, per: ROWS, unit: 'event', run };
}

/** The features stage's barrier with a thousand changed keys, and the commit of what it gives. */
async function stateCases(bed: Bed, folder: string): Promise<MicroCase[]> {
  const { batch, context } = bed;
  const stage = openStage(stageOf(bed, 'features'), context);
  const epoch = (): Barrier => {
    stage.push(batch);
    const barrier = barrierAt(ROWS, batch.eventTimeMs.at(-1) as number);
    stage.push(barrier);
    return barrier;
  };
  const { delta } = epoch();
  const keys = delta.puts.length;
  const stores = new SqliteStateStores({ path: join(folder, 'state.db') });
  const store = stores.open(bed.job.topology.name, context.origin);
  await store.restore(1);
  const at = { epoch: 1, offsetNext: ROWS, watermarkMs: 0, modelVersion: 'bench' };
  return [
    { name: 'features and snapshot, standard', per: ROWS, unit: 'event', run: epoch },
    { name: 'commit to node:sqlite', per: keys, unit: 'key', run: () => store.commit(at, delta) },
  ];
}

async function scoreCase(bed: Bed, scorers: OnnxScorers): Promise<MicroCase> {
  const width = bed.job.topology.features?.features.length ?? 0;
  const scorer = await scorers.load('bench', await bed.job.model(), width);
  const values = new Float32Array(ROWS * width).fill(1);
  const into = new Float32Array(ROWS);
  const name = `score, ${bed.job.name} (${width} features)`;
  return { name, per: ROWS, unit: 'event', run: () => scorer.run(values, ROWS, into) };
}

async function encodeCase(bed: Bed): Promise<MicroCase> {
  const { job, codec, context } = bed;
  const topics = topicsOf(job.topology);
  const encoders = {
    prediction: await codec.columnEncoder(`${topics.predictions}-value`),
    deadLetter: await codec.encoder<DeadLetterRecord>(`${topics.deadLetters}-value`),
    late: await codec.encoder<LateRecord>(`${topics.late}-value`),
  };
  const none = async (): Promise<void> => undefined;
  const recordBytesMax = (): number => Number.POSITIVE_INFINITY;
  const append = (): undefined => undefined;
  const writer = { recordBytesMax, append, commit: none, close: none, committed: async () => null };
  const parts = {
    topology: job.topology.name,
    topics,
    writer,
    encoders,
    sinks: new Sinks([]),
    archive: null,
  };
  const outputs = new EpochOutputs(
    {
      ...parts,
      counts: new EpochCounts(new FakeTelemetry(), new RunStats()),
      deadLetterLog: { add() {} },
      nowMs: Date.now,
    },
    0,
  );
  const block: PredictionBlock = {
    origin: context.origin,
    count: ROWS,
    offsets: Float64Array.from({ length: ROWS }, (_, i) => i),
    eventTimeMs: bed.batch.eventTimeMs,
    keys: Array.from({ length: ROWS }, (_, i) => `key-${i % 1_000}`),
    scores: new Float32Array(ROWS).fill(0.25),
    shadowScores: null,
    flags: new Uint8Array(ROWS),
    version: 'bench',
    features: new Float32Array(ROWS),
    width: 1,
    receivedAtMs: 0,
  };
  return { name: 'encode predictions', per: ROWS, unit: 'event', run: () => outputs.predictions(block) };
}

/** Events under another key, from the stage to the record batches of an epoch as a broker gets them. */
function repartitionCase(bed: Bed): MicroCase {
  const { batch, context, job } = bed;
  const rows = new RepartitionedRows(0);
  const partitions = job.topology.source.partitions;
  const stage = openStage(repartition('repartition', { key: ['key'], partitions }), {
    ...context,
    repartitioned: (batch, keys, watermarksMs) => void rows.add(batch, keys, watermarksMs),
  });
  const batches = Array.from({ length: partitions }, (_, partition) => {
    return new PartitionBatches({ topic: 'repartitioned', partition });
  });
  const by = { producerId: 1n, producerEpoch: 0 };
  const run = (): void => {
    stage.push(batch);
    for (const block of rows.take(ROWS, Number.POSITIVE_INFINITY, () => undefined))
      batches[block.partition]?.appendBlock(block);
    for (const pending of batches) {
      while (!pending.isEmpty) {
        pending.next(by);
        pending.sent();
      }
    }
  };
  return { name: `repartition, ${job.name}`, per: ROWS, unit: 'event', run };
}

export async function microCases(): Promise<{ cases: MicroCase[]; close: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-micro-'));
  const standard = await bedOf('standard');
  const flights = await bedOf('flights');
  const scorers = await OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY });
  const cases = [
    decodeCase(standard),
    decodeCase(flights),
    stageCase(flights, 'contract', false),
    stageCase(flights, 'dedupe', true),
    stageCase(standard, 'watermarks', true),
    profileCase(standard, false),
    profileCase(standard, true),
    profileCase(flights, false),
    profileCase(flights, true),
    repartitionCase(standard),
    stageCase(standard, 'features', false),
    stageCase(flights, 'features', true),
    ...(await stateCases(standard, folder)),
    await scoreCase(standard, scorers),
    await scoreCase(flights, scorers),
    await encodeCase(standard),
  ];
  return { cases, close: () => rmSync(folder, { recursive: true, force: true }) };
}
