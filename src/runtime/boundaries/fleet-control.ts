// Control boundaries across a fleet (control path). Every task puts what it saw into the observations topic, in the
// transaction of its epoch; every engine reads that topic from the start and decides every boundary for itself. All
// read the same records in the same order, so all come to the same decisions: no engine needs to be asked, and one that
// joins late or starts anew catches up by reading. Who publishes what was decided is the learning loop's concern.
import { concatMap, Subscription } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import { BOUNDARY_WAIT_LOG_MS, CONTROL_ROWS_MAX } from '../../core/limits.ts';
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

export interface FleetControlParts {
  readonly source: Source;
  readonly topic: string;
  /** Topologies whose partitions are waited for as well. */
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
  /** Partitions of ours that we have said are idle. */
  readonly #idle = new Set<string>();
  readonly #waits: BoundaryWaits;
  readonly #subscriptions = new Subscription();
  #offsetNext = 0;

  constructor(parts: FleetControlParts) {
    this.#parts = parts;
    this.isDurable = parts.mode === 'aligned';
    const keeper: BoundaryKeeper = {
      decide: async (boundary) => {
        await parts.keeper.decide(boundary);
        this.#waits.decided(boundary.atMs);
      },
      remaining: () => undefined,
    };
    // Members say themselves whether they have events, so that all engines hear the same.
    this.#plane = new ControlPlane('live', keeper, () => Promise.resolve(true));
    const behind = (atMs: number): string[] => this.#plane.behind(atMs).map(partitionName);
    this.#waits = new BoundaryWaits(behind, parts.telemetry, BOUNDARY_WAIT_LOG_MS);
  }

  /** Next offset of the observations that is read. */
  get offsetNext(): number {
    return this.#offsetNext;
  }

  /** Reads the observations so far, then follows them. */
  start(): void {
    const { topic, source, others } = this.#parts;
    for (const of of partitionsOf(source)) this.#plane.join(of);
    for (const other of others) for (const of of partitionsOf(other.source)) this.#plane.join(of);
    this.#follow(topic, (record, offset) => {
      this.#offsetNext = offset + 1;
      this.#take(record);
    });
    for (const { name, source } of others)
      this.#follow(observationsTopic(name), (record) => this.#takeOther(source.topic, record));
  }

  #follow(topic: string, take: (record: ObservationsRecord, offset: number) => void): void {
    const { log, decoder, telemetry } = this.#parts;
    const takeAll = async (raw: RawBatch): Promise<void> => {
      for (const [i, value] of [...raw.values].entries())
        if (value !== null) take(await decoder.decode(value), raw.offsets[i] as number);
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

  /** Of another topology only how far it is counts: what it saw it decides on itself. */
  #takeOther(topic: string, { partition, idle, boundaryMs }: ObservationsRecord): void {
    const of = { topic, partition };
    if (idle === true) this.#plane.idle(of);
    else if (boundaryMs === null) this.#plane.active(of);
    else this.#plane.reached(of, boundaryMs);
  }

  #take(record: ObservationsRecord): void {
    const of = { topic: this.#parts.source.topic, partition: record.partition };
    if (record.idle !== null) {
      if (record.idle) this.#plane.idle(of);
      else this.#plane.active(of);
      return;
    }
    const seen = addObservations(this.#partial.get(record.partition) ?? null, record);
    this.#plane.active(of);
    if (record.boundaryMs === null) {
      this.#partial.set(record.partition, bounded(seen));
      return;
    }
    this.#partial.delete(record.partition);
    // Live: it resolves at once, and a decision that fails is reported by the keeper.
    void this.#plane.take(of, record.boundaryMs, seen);
  }

  join(of: TopicPartition): void {
    this.#idle.delete(partitionName(of));
    this.#sayIfEmpty(of).catch((error: unknown) =>
      this.#parts.telemetry.warn('the log does not say whether a partition is empty', {
        why: messageOf(error),
      }),
    );
  }

  async #sayIfEmpty(of: TopicPartition): Promise<void> {
    const range = (await this.#parts.log.offsets(of.topic))[of.partition];
    if (range !== undefined && range.high === range.low) this.idle(of);
  }

  active(of: TopicPartition): void {
    if (this.#idle.delete(partitionName(of))) this.#say(of, false);
  }

  idle(of: TopicPartition): void {
    const name = partitionName(of);
    if (this.#idle.has(name)) return;
    this.#idle.add(name);
    this.#say(of, true);
  }

  #say(of: TopicPartition, idle: boolean): void {
    const { log, topic, telemetry } = this.#parts;
    log.publish(topic, [this.#record(idleRecord(of.partition, idle))]).catch((error: unknown) => {
      telemetry.warn('a partition could not say whether it is idle', { why: messageOf(error) });
    });
  }

  #record(value: ObservationsRecord): LogRecord {
    const { encoder, nowMs } = this.#parts;
    return { key: null, value: encoder.encode(value), timestampMs: nowMs(), partition: 0 };
  }

  /** The partition's next owner goes on: what this one saw is in the topic as far as it was committed. */
  leave(): void {}

  /** Aligned, a trainer anywhere sees all rows up to the boundary; live, those of the last second may be missing. */
  async beforeBoundary(): Promise<void> {
    if (this.#parts.mode === 'aligned') await this.#parts.history?.flush();
  }

  closeEpoch(
    of: TopicPartition,
    controlMs: number | null,
    observations: ControlObservations,
  ): TopicRecords[] {
    const records = observationRecords(of.partition, controlMs, observations.drain());
    return records.length === 0
      ? []
      : [{ topic: this.#parts.topic, records: records.map((value) => this.#record(value)) }];
  }

  arrive(_of: TopicPartition, atMs: number): Promise<void> {
    return this.#parts.mode === 'live' ? Promise.resolve() : this.#waits.until(atMs);
  }

  /** Lets partitions that wait go on: the engine is stopping. */
  close(): void {
    this.#subscriptions.unsubscribe();
    this.#waits.decided(Number.POSITIVE_INFINITY);
  }
}

function partitionsOf({ topic, partitions }: AlignedTopology['source']): TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}

/** Drops sampled rows past the bound of one boundary's window; the predictions stay counted. */
function bounded(of: PartitionObservations): PartitionObservations {
  if (of.sampled <= CONTROL_ROWS_MAX) return of;
  return {
    ...of,
    sampled: CONTROL_ROWS_MAX,
    features: of.features.slice(0, CONTROL_ROWS_MAX * of.width),
    scores: of.scores.slice(0, CONTROL_ROWS_MAX),
  };
}
