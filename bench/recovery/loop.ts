// How long the learning loop of a fleet takes to start, by the labelled predictions behind it (control path). The past is
// driven through the loop's own code, boundary after boundary, and its snapshots through the elected engine's writer; what
// is left out are the events themselves, and the observations that a snapshot has made dispensable.
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { MS_PER_DAY } from '../../src/core/time.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import type { Telemetry } from '../../src/ports/telemetry.ts';
import { FleetControl } from '../../src/runtime/boundaries/fleet-control.ts';
import {
  observationRecords,
  type ObservationsRecord,
} from '../../src/runtime/boundaries/observation-record.ts';
import { SnapshotWriter } from '../../src/runtime/boundaries/snapshot-writer.ts';
import type { LoopPosition } from '../../src/runtime/boundaries/snapshot-records.ts';
import { LearningLoop } from '../../src/runtime/learning/learning-loop.ts';
import { Random } from '../../src/stats/random.ts';
import { NO_QUARANTINE } from '../../src/runtime/quarantine/record-quarantine.ts';
import { topicSpecs, topicsOf } from '../../src/topology/topics.ts';
import { openBenchTelemetry } from '../engine/open.ts';
import { shown, table } from '../figures.ts';
import { openCodec } from '../jobs/codec.ts';
import { Services } from '../services.ts';
import { BOUNDARY_MS, champion, joinedLabels, LOOP_PARTITIONS, loopTopology, observed } from './loop-job.ts';
import { loopSize, type LoopSize } from './loop-size.ts';

const LABELS = [0, 5_000_000, 50_000_000];
const EVENTS_PER_SECOND = 2_000;
/** Labels of one boundary. */
const BOUNDARY_LABELS = 500_000;
/** Labels that were joined since the newest boundary: a minute of the rate. */
const SINCE = 120_000;
const POLL_MS = 2;

interface LoopStart {
  readonly labels: number;
  readonly driveSeconds: number;
  /** Records in the loop-state topic. */
  readonly snapshotRecords: number;
  /** From nothing to the loop having read everything, ms. */
  readonly startMs: number;
  /** Labels that the loop then has. */
  readonly known: number;
}

class Past {
  readonly #log: EventLog;
  readonly #telemetry: Telemetry;
  readonly loop: LearningLoop;
  #position: LoopPosition = { atMs: 0, offset: 0, pending: [], members: [] };

  constructor(log: EventLog, telemetry: Telemetry) {
    this.#log = log;
    this.#telemetry = telemetry;
    this.loop = openLoop(telemetry);
  }

  /** Decides boundaries until that many labels have been joined, and writes what the elected engine would have. */
  async drive(labels: number): Promise<void> {
    const { observations, loopState } = topicsOf(loopTopology);
    const writer = new SnapshotWriter({
      log: this.#log,
      observations,
      loopState,
      take: () => {
        const parts = this.loop.snapshot();
        return parts === null ? null : { position: this.#position, parts };
      },
      telemetry: this.#telemetry,
      nowMs: Date.now,
      intervalMs: 1_000,
    });
    await writer.begin();
    const epochs = await this.#log.epochWriter('millrace.loop.control');
    const random = new Random(5);
    const one = observed(joinedLabels(BOUNDARY_LABELS, BOUNDARY_MS, random), 0, random);
    const last = Math.ceil(labels / BOUNDARY_LABELS);
    for (let boundary = 1; boundary <= last; boundary += 1) {
      const atMs = boundary * BOUNDARY_MS;
      this.#position = { ...this.#position, atMs, members: membersAt(atMs) };
      const times = one.labels.predictionTimeMs;
      for (let i = 0; i < times.length; i += 1)
        times[i] = (times[i] as number) + (boundary === 1 ? 0 : BOUNDARY_MS);
      await this.loop.decide({ atMs, observations: [one] });
      const snapshot = writer.takeIfDue() ?? (boundary === last ? await lastOf(writer) : null);
      if (snapshot === null) continue;
      epochs.append(loopState, (await writer.records(snapshot)).records);
      await epochs.commit('millrace.loop.control', { topic: observations, partition: 0 }, 0);
      await writer.committed(snapshot);
    }
    await epochs.close();
  }
}

/** The newest boundary has a snapshot: the next one is due a second later. */
async function lastOf(writer: SnapshotWriter): Promise<ReturnType<SnapshotWriter['takeIfDue']>> {
  for (;;) {
    const snapshot = writer.takeIfDue();
    if (snapshot !== null) return snapshot;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function membersAt(reachedMs: number): LoopPosition['members'] {
  const { topic } = loopTopology.source;
  return Array.from({ length: LOOP_PARTITIONS }, (_, partition) => ({
    topic,
    partition,
    idle: false,
    reachedMs,
  }));
}

function openLoop(telemetry: Telemetry): LearningLoop {
  const update = champion();
  return new LearningLoop({
    topology: loopTopology,
    history: null,
    publisher: { leads: false, publish: async () => undefined },
    telemetry,
    nowMs: Date.now,
    outcome: (version) => (version === update.version ? update : null),
    promoted: () => [update],
  });
}

async function measure(labels: number): Promise<LoopStart> {
  const services = new Services();
  const telemetry = await openBenchTelemetry();
  try {
    const { brokers } = await services.servers();
    const log = new KafkaEventLog({ brokers }, telemetry);
    await log.ensureTopics(topicSpecs(loopTopology));
    const { observations, loopState } = topicsOf(loopTopology);
    const codec = await openCodec(`${observations}-value`);
    const encoder = await codec.encoder<ObservationsRecord>(`${observations}-value`);
    const drivenMs = performance.now();
    await new Past(log, telemetry).drive(labels);
    const driveSeconds = (performance.now() - drivenMs) / 1_000;
    await publishSince(log, (record) => encoder.encode(record), labels);
    const [range = { low: 0, high: 0 }] = await log.offsets(observations);
    const loop = openLoop(telemetry);
    const startedMs = performance.now();
    const fleet = new FleetControl({
      source: loopTopology.source,
      name: loopTopology.name,
      others: [],
      mode: 'live',
      log,
      encoder,
      decoder: await codec.decoder<ObservationsRecord>(`${observations}-value`),
      keeper: loop,
      loop,
      telemetry,
      quarantine: NO_QUARANTINE,
      nowMs: Date.now,
      failed: (error) => telemetry.error(error.message),
    });
    fleet.start();
    while (fleet.offsetNext < range.high || range.high === 0)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const startMs = performance.now() - startedMs;
    fleet.close();
    const snapshotRecords = (await log.offsets(loopState)).reduce(
      (sum, { low, high }) => sum + high - low,
      0,
    );
    const known = loop.quality.version('v1').n;
    await log.close();
    return { labels, driveSeconds, snapshotRecords, startMs, known };
  } finally {
    await services.stop();
  }
}

/** What partitions have observed since the newest boundary. */
async function publishSince(
  log: EventLog,
  encode: (record: ObservationsRecord) => Buffer,
  labels: number,
): Promise<void> {
  const random = new Random(8);
  const atMs = Math.ceil(labels / BOUNDARY_LABELS) * BOUNDARY_MS + BOUNDARY_MS;
  for (let partition = 0; partition < LOOP_PARTITIONS; partition += 1) {
    const seen = observed(joinedLabels(SINCE / LOOP_PARTITIONS, atMs, random), partition, random);
    const records = observationRecords(null, seen).map((record) => ({
      key: null,
      value: encode(record),
      timestampMs: Date.now(),
      partition: 0,
    }));
    for (const record of records) await log.publish(topicsOf(loopTopology).observations, [record]);
  }
}

export interface LoopFigures {
  readonly starts: readonly LoopStart[];
  readonly size: LoopSize;
}

export async function loopRecovery(
  labelCounts: readonly number[] = LABELS,
): Promise<{ readonly figures: LoopFigures; readonly text: string }> {
  const starts: LoopStart[] = [];
  for (const labels of labelCounts) starts.push(await measure(labels));
  const codec = await openCodec('loop.observations-value');
  const size = loopSize(
    await codec.encoder<ObservationsRecord>('loop.observations-value'),
    EVENTS_PER_SECOND,
  );
  const head = ['labelled predictions', 'of the snapshot', 'snapshot records', 'loop up, ms', 'driven in, s'];
  const rows = starts.map(({ labels, known, snapshotRecords, startMs, driveSeconds }) => [
    labels.toLocaleString('en-US'),
    known.toLocaleString('en-US'),
    snapshotRecords.toLocaleString('en-US'),
    shown(startMs),
    shown(driveSeconds),
  ]);
  const gigabytes = (bytes: number): string => `${shown(bytes / 1e9)} GB`;
  const day = MS_PER_DAY / BOUNDARY_MS;
  const text = [
    table(head, rows),
    `the past is driven through the loop's code without events; ${SINCE.toLocaleString('en-US')} labels followed its last boundary`,
    `observations of ${EVENTS_PER_SECOND} events a second of ${size.features} features, a boundary an hour: ${gigabytes(size.bytesPerDay)} a day` +
      ` (rows ${gigabytes(size.sampleBytes * day)}, labels ${gigabytes(size.labelBytes * day)}), ${gigabytes(size.wholeBytesPerDay)} with every vector;` +
      ` the topic keeps about two hours of it`,
  ].join('\n');
  return { figures: { starts, size }, text };
}
