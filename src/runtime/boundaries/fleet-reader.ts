// Reads the observations of a fleet and feeds them to the control plane (control path): from the newest snapshot of the
// loop's state, then as they come. All engines read the same records in the same order, one record at a time: what a
// boundary is decided from must not depend on how long the one before it took.
import { setTimeout as sleep } from 'node:timers/promises';
import { concatMap, lastValueFrom, Subject, takeUntil } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { PartitionObservations } from '../../operators/observations.ts';
import type { RecordDecoder } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { AlignedTopology } from '../../topology/learning-options.ts';
import type { Source } from '../../topology/source.ts';
import { loopStateTopic, observationsTopic } from '../../topology/topics.ts';
import { OwnRecords } from '../own-records.ts';
import { ClaimedProgress } from './claimed-progress.ts';
import type { ControlPlane } from './control-plane.ts';
import {
  addObservations,
  isArrivalOnly,
  observationFault,
  type ObservationsRecord,
} from './observation-record.ts';
import { PendingObservations } from './pending-observations.ts';
import { restoreLoop, type RestorableLoop } from './restore-loop.ts';
import type { LoopPosition } from './snapshot-records.ts';
import { storedSnapshots } from './stored-snapshots.ts';

export interface FleetReaderParts {
  readonly source: Source;
  /** Of the topology: its observations and snapshots are read. */
  readonly name: string;
  /** Topologies whose partitions boundaries wait for as well. */
  readonly others: readonly AlignedTopology[];
  readonly log: EventLog;
  readonly decoder: RecordDecoder<ObservationsRecord>;
  readonly plane: ControlPlane;
  readonly loop: RestorableLoop;
  /** A boundary is known to be decided. */
  readonly decided: (atMs: number) => void;
  readonly telemetry: Telemetry;
  readonly quarantine: Quarantine;
  readonly nowMs: () => number;
  /** Called with an error that a restart would meet again. */
  readonly failed: (error: Error) => void;
}

/** What is done with each record of the observations; null for one that was left out. */
type Take = (record: ObservationsRecord | null, offset: number) => Promise<void>;

/** Between two attempts to read the observations. */
const RETRY_MS = 500;
/** Attempts in succession that a log may refuse. */
const REFUSALS_MAX = 3;

export class FleetReader {
  readonly #parts: FleetReaderParts;
  readonly #topic: string;
  readonly #closed = new Subject<void>();
  #isClosed = false;
  readonly #partial = new Map<number, PartitionObservations>();
  readonly #pending = new PendingObservations();
  /** What remains to be taken again after a restore; null if nothing does. */
  #again: LoopPosition | null = null;
  #offsetNext = 0;

  constructor(parts: FleetReaderParts) {
    this.#parts = parts;
    this.#topic = observationsTopic(parts.name);
  }

  /** The next offset of the observations to be read. */
  get offsetNext(): number {
    return this.#offsetNext;
  }

  /** Where the loop stands while the boundary `atMs` is being decided. */
  position(atMs: number): LoopPosition {
    const offset = this.#offsetNext;
    return { atMs, offset, pending: this.#pending.firsts(), members: this.#parts.plane.members() };
  }

  /** Reads until `close`: a topic that cannot be read is retried, visibly. */
  async run(): Promise<void> {
    const { plane, source, others } = this.#parts;
    for (const topicSource of [source, ...others.map((other) => other.source)])
      for (const origin of partitionsOf(topicSource)) plane.join(origin);
    const own = this.#untilClosed(this.#topic, () => this.#restoreAndFollow());
    const aligned = others.map((other) =>
      this.#untilClosed(observationsTopic(other.name), () => this.#followOther(other)),
    );
    await Promise.all([own, ...aligned]);
  }

  async #untilClosed(topic: string, read: () => Promise<void>): Promise<void> {
    const { telemetry, failed } = this.#parts;
    let refusals = 0;
    while (!this.#isClosed) {
      const before = this.#offsetNext;
      try {
        await read();
      } catch (error) {
        telemetry.raise('decision_failed', topic, `the observations cannot be read: ${messageOf(error)}`);
        // Records that are deleted while they are read look like a refusal, once.
        refusals = isEnvironmentFault(error) || this.#offsetNext > before ? 0 : refusals + 1;
        if (refusals === REFUSALS_MAX) return failed(error as Error); // whatever the log throws
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async #restoreAndFollow(): Promise<void> {
    const { plane, name, source, log, telemetry, nowMs } = this.#parts;
    await plane.settled();
    const progress = new ClaimedProgress({ name, source }, log, nowMs);
    const { position, from } = await restoreLoop({ ...this.#parts, progress });
    this.#partial.clear();
    this.#pending.clear();
    plane.restoring(source.topic, position?.atMs ?? Number.NEGATIVE_INFINITY);
    await this.#parts.loop.resumed();
    if (position !== null) this.#parts.decided(position.atMs);
    this.#again = position ?? { atMs: Number.NEGATIVE_INFINITY, offset: from, pending: [], members: [] };
    this.#offsetNext = from;
    await this.#caughtUp();
    telemetry.clear('decision_failed', this.#topic);
    await this.#follow(this.#topic, progress, from, (record, offset) => this.#take(record, offset));
  }

  async #follow(
    topic: string,
    progress: ClaimedProgress,
    from: number | 'earliest',
    take: Take,
  ): Promise<void> {
    const { log, decoder, quarantine, telemetry } = this.#parts;
    const records = new OwnRecords(decoder, observationFault, quarantine);
    const takeAll = async (raw: RawBatch): Promise<void> => {
      for (let i = 0; i < raw.count && !this.#isClosed; i += 1) {
        const record = await records.follow(raw, i, telemetry);
        const fault = record === null ? null : await progress.fault(record, raw.receivedAtMs);
        if (fault !== null) records.refuse(raw, i, fault);
        await take(fault === null ? record : null, raw.offsets[i] as number);
      }
    };
    const followed = log.tail(topic, from).pipe(concatMap(takeAll), takeUntil(this.#closed));
    await lastValueFrom(followed, { defaultValue: undefined });
  }

  /** A record that was left out counts as read: what comes before it may be all that there is. */
  async #take(record: ObservationsRecord | null, offset: number): Promise<void> {
    this.#offsetNext = Math.max(this.#offsetNext, offset + 1);
    if (record !== null) this.#apply(record, offset);
    await this.#caughtUp();
    await this.#parts.plane.settled();
  }

  /** Everything up to the snapshot's position has been taken again: from here on boundaries are decided. */
  async #caughtUp(): Promise<void> {
    const again = this.#again;
    if (again === null || this.#offsetNext < again.offset) return;
    this.#again = null;
    this.#parts.plane.restored(again.members.filter(({ topic }) => topic === this.#parts.source.topic));
    await this.#parts.plane.settled();
  }

  #apply(record: ObservationsRecord, offset: number): void {
    const { plane, source } = this.#parts;
    const { partition, idle, boundaryMs } = record;
    const origin = { topic: source.topic, partition };
    const again = this.#again;
    // A snapshot holds what came before; how far partitions had come is known as of its position.
    if (again !== null && (idle !== null || !isPending(again, partition, offset))) return;
    if (this.#isSaidAgain(origin, record)) return;
    // A partition that was added: it counts from its first record on, in every engine alike.
    if (!plane.has(origin)) plane.join(origin);
    if (idle !== null) {
      if (idle) plane.idle(origin);
      else plane.active(origin);
      return;
    }
    this.#pending.add(partition, offset);
    const seen = addObservations(source.topic, this.#partial.get(partition) ?? null, record);
    plane.active(origin);
    if (boundaryMs === null) {
      this.#partial.set(partition, seen);
      return;
    }
    this.#partial.delete(partition);
    this.#pending.reached(partition, boundaryMs);
    // In live mode it resolves at once; a failure is reported by the plane.
    plane.take(origin, boundaryMs, seen).catch(() => undefined);
  }

  /**
   * Whether it is an arrival at a boundary to which the partition has come before. Arrivals are written outside of transactions, so
   * an engine that was frozen may write one late, when the next owner of the partition has gone on: what that one has observed
   * since belongs to a later boundary.
   */
  #isSaidAgain(origin: TopicPartition, record: ObservationsRecord): boolean {
    const { boundaryMs } = record;
    if (boundaryMs === null || !isArrivalOnly(record)) return false;
    // What is taken again lies behind the boundary that was decided last.
    const decidedMs = this.#again?.atMs ?? Number.NEGATIVE_INFINITY;
    return boundaryMs <= decidedMs || this.#parts.plane.hasReached(origin, boundaryMs);
  }

  /** Only the progress of another topology counts here: it decides on its observations itself. */
  async #followOther(other: AlignedTopology): Promise<void> {
    const { log, plane, quarantine, nowMs } = this.#parts;
    const { name, source } = other;
    const progress = new ClaimedProgress(other, log, nowMs);
    const [loopState, observations] = [loopStateTopic(name), observationsTopic(name)];
    const [newest] = await storedSnapshots({ log, loopState, observations, quarantine, progress });
    for (const { topic, partition, idle, reachedMs } of newest?.position.members ?? []) {
      if (topic !== source.topic) continue;
      plane.reached({ topic, partition }, reachedMs);
      if (idle) plane.idle({ topic, partition });
    }
    await this.#follow(observations, progress, newest?.position.offset ?? 'earliest', async (record) => {
      if (record === null) return;
      const origin = { topic: source.topic, partition: record.partition };
      if (record.idle === true) plane.idle(origin);
      else if (record.boundaryMs === null) plane.active(origin);
      else plane.reached(origin, record.boundaryMs);
    });
  }

  /** The decision of a boundary begins: what it takes is not pending any more. */
  decides(atMs: number): void {
    this.#pending.decided(atMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#closed.next();
  }
}

function isPending({ pending }: LoopPosition, partition: number, offset: number): boolean {
  return pending.some(([origin, from]) => origin === partition && offset >= from);
}

function partitionsOf({ topic, partitions }: AlignedTopology['source']): TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}
