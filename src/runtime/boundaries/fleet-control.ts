// Control boundaries across a fleet (control path). Every task writes its observations to the observations topic, in the
// transaction of its epoch; every engine reads that topic from the start and decides every boundary for itself. All read
// the same records in the same order, so all come to the same decisions without coordination, and an engine that joins
// late or restarts catches up by reading. The learning loop decides which engine publishes the results.
import { concatMap, Subscription } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import { BOUNDARY_WAIT_LOG_MS } from '../../core/limits.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { ControlObservations, PartitionObservations } from '../../operators/observations.ts';
import type { RecordDecoder, RecordEncoder } from '../../ports/codec.ts';
import type { EventLog, LogRecord } from '../../ports/event-log.ts';
import type { History } from '../../ports/history.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { AlignedTopology, ControlSettings } from '../../topology/learning-options.ts';
import type { Source } from '../../topology/source.ts';
import { observationsTopic } from '../../topology/topics.ts';
import { BoundaryWaits } from './boundary-waits.ts';
import type { ControlLink, TopicRecords } from './control-link.ts';
import { ControlPlane, type BoundaryKeeper } from './control-plane.ts';
import {
  addObservations,
  idleRecord,
  observationRecords,
  type ObservationsRecord,
} from './observation-record.ts';

interface FleetControlParts {
  readonly source: Source;
  readonly topic: string;
  /** Topologies whose partitions boundaries wait for as well. */
  readonly others: readonly AlignedTopology[];
  readonly mode: ControlSettings['mode'];
  readonly log: EventLog;
  readonly encoder: RecordEncoder<ObservationsRecord>;
  readonly decoder: RecordDecoder<ObservationsRecord>;
  readonly keeper: BoundaryKeeper;
  readonly history: History | null;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
}

export class FleetControl implements ControlLink {
  sourceEnded = false;
  readonly isDurable: boolean;
  readonly #parts: FleetControlParts;
  readonly #plane: ControlPlane;
  readonly #partial = new Map<number, PartitionObservations>();
  /** Partitions of this engine that it has reported as idle. */
  readonly #idle = new Set<string>();
  readonly #waits: BoundaryWaits;
  readonly #subscriptions = new Subscription();
  #offsetNext = 0;

  constructor(parts: FleetControlParts) {
    this.#parts = parts;
    this.isDurable = parts.mode === 'aligned';
    const keeper: BoundaryKeeper = {
      decide: async (boundary) => {
        try {
          await parts.keeper.decide(boundary);
        } finally {
          // A decision that failed is over as well: partitions must not wait for it.
          this.#waits.decided(boundary.atMs);
        }
      },
      remaining: () => undefined,
    };
    // Members report whether they have events in the topic, so that all engines learn the same.
    this.#plane = new ControlPlane(
      'live',
      keeper,
      () => Promise.resolve(true),
      (error) => this.#decisionFailed(error),
    );
    const behind = (atMs: number): string[] => this.#plane.behind(atMs).map(partitionName);
    this.#waits = new BoundaryWaits(behind, parts.telemetry, BOUNDARY_WAIT_LOG_MS);
  }

  /** The next offset of the observations to be read. */
  get offsetNext(): number {
    return this.#offsetNext;
  }

  /** Reads the observations from the start, then follows them. */
  start(): void {
    const { topic, source, others } = this.#parts;
    for (const origin of partitionsOf(source)) this.#plane.join(origin);
    for (const other of others) for (const origin of partitionsOf(other.source)) this.#plane.join(origin);
    this.#follow(topic, (record, offset) => {
      this.#offsetNext = offset + 1;
      this.#take(record);
      // One record at a time: what a boundary is decided from must not depend on how long the one before it took.
      return this.#plane.settled();
    });
    for (const { name, source } of others)
      this.#follow(observationsTopic(name), async (record) => this.#takeOther(source.topic, record));
  }

  #follow(topic: string, take: (record: ObservationsRecord, offset: number) => Promise<void>): void {
    const { log, decoder, telemetry } = this.#parts;
    const takeAll = async (raw: RawBatch): Promise<void> => {
      for (const [i, value] of [...raw.values].entries())
        if (value !== null) await take(await decoder.decode(value), raw.offsets[i] as number);
    };
    const followed = log
      .tail(topic, 'earliest')
      .pipe(concatMap(takeAll))
      .subscribe({
        error: (error: unknown) =>
          telemetry.error('the observations cannot be read: nothing is decided', {
            topic,
            why: messageOf(error),
          }),
      });
    this.#subscriptions.add(followed);
  }

  /** Only the progress of another topology counts here: it decides on its observations itself. */
  #takeOther(topic: string, { partition, idle, boundaryMs }: ObservationsRecord): void {
    const origin = { topic, partition };
    if (idle === true) this.#plane.idle(origin);
    else if (boundaryMs === null) this.#plane.active(origin);
    else this.#plane.reached(origin, boundaryMs);
  }

  #take(record: ObservationsRecord): void {
    const origin = { topic: this.#parts.source.topic, partition: record.partition };
    // A partition that was added: it counts from its first record on, in every engine alike.
    if (!this.#plane.has(origin)) this.#plane.join(origin);
    if (record.idle !== null) {
      if (record.idle) this.#plane.idle(origin);
      else this.#plane.active(origin);
      return;
    }
    const seen = addObservations(origin.topic, this.#partial.get(record.partition) ?? null, record);
    this.#plane.active(origin);
    if (record.boundaryMs === null) {
      this.#partial.set(record.partition, seen);
      return;
    }
    this.#partial.delete(record.partition);
    // In live mode it resolves at once.
    this.#plane.take(origin, record.boundaryMs, seen).catch((error: unknown) => this.#decisionFailed(error));
  }

  #decisionFailed(error: unknown): void {
    this.#parts.telemetry.raise('decision_failed', this.#parts.topic, messageOf(error));
  }

  join(origin: TopicPartition): void {
    this.#idle.delete(partitionName(origin));
    this.#reportIfEmpty(origin).catch((error: unknown) =>
      this.#parts.telemetry.warn('the log cannot tell whether a partition is empty', {
        why: messageOf(error),
      }),
    );
  }

  async #reportIfEmpty(origin: TopicPartition): Promise<void> {
    const range = (await this.#parts.log.offsets(origin.topic))[origin.partition];
    if (range !== undefined && range.high === range.low) this.idle(origin);
  }

  active(origin: TopicPartition): void {
    if (this.#idle.delete(partitionName(origin))) this.#report(origin, false);
  }

  idle(origin: TopicPartition): void {
    const name = partitionName(origin);
    if (this.#idle.has(name)) return;
    this.#idle.add(name);
    this.#report(origin, true);
  }

  #report(origin: TopicPartition, idle: boolean): void {
    const { log, topic, telemetry } = this.#parts;
    log.publish(topic, [this.#record(idleRecord(origin.partition, idle))]).catch((error: unknown) => {
      telemetry.warn('a partition could not report whether it is idle', { why: messageOf(error) });
    });
  }

  #record(value: ObservationsRecord): LogRecord {
    const { encoder, nowMs } = this.#parts;
    return { key: null, value: encoder.encode(value), timestampMs: nowMs(), partition: 0 };
  }

  /** The partition's next owner continues: the committed observations of this one are in the topic. */
  leave(): void {}

  /** In aligned mode a trainer anywhere sees all rows up to the boundary; in live mode the last second may be missing. */
  async beforeBoundary(): Promise<void> {
    if (this.#parts.mode === 'aligned') await this.#parts.history?.flush();
  }

  closeEpoch(
    origin: TopicPartition,
    controlMs: number | null,
    observations: ControlObservations,
  ): TopicRecords[] {
    const records = observationRecords(controlMs, observations.drain(controlMs !== null));
    return records.length === 0
      ? []
      : [{ topic: this.#parts.topic, records: records.map((value) => this.#record(value)) }];
  }

  arrive(_of: TopicPartition, atMs: number): Promise<void> {
    return this.#parts.mode === 'live' ? Promise.resolve() : this.#waits.until(atMs);
  }

  /** Releases partitions that wait: the engine is stopping. */
  close(): void {
    this.#subscriptions.unsubscribe();
    this.#waits.decided(Number.POSITIVE_INFINITY);
  }
}

function partitionsOf({ topic, partitions }: AlignedTopology['source']): TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}
