// Control boundaries across a fleet (control path). Every task writes its observations to the observations topic, in the
// transaction of its epoch, and in aligned mode its arrival at a boundary once its rows are in the history; every engine reads that topic and decides every boundary for itself. All read the same records
// in the same order, so all come to the same decisions without coordination, and an engine that joins late or restarts
// catches up from the newest snapshot of the loop's state. The learning loop decides which engine publishes the results.
import { messageOf } from '../../core/errors.ts';
import { BOUNDARY_WAIT_LOG_MS, IDLE_CHECK_MS } from '../../core/loop-limits.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import { ControlObservations } from '../../operators/observations.ts';
import type { RecordEncoder } from '../../ports/codec.ts';
import type { LogRecord } from '../../ports/event-log.ts';
import type { ControlSettings } from '../../topology/learning-options.ts';
import { observationsTopic } from '../../topology/topics.ts';
import { BoundaryWaits } from './boundary-waits.ts';
import type { BoundaryArrival, ControlLink, TopicRecords } from './control-link.ts';
import type { Boundary, BoundaryKeeper } from './boundary.ts';
import { ControlPlane } from './control-plane.ts';
import { FleetReader, type FleetReaderParts } from './fleet-reader.ts';
import { idleRecord, observationRecords, type ObservationsRecord } from './observation-record.ts';
import type { LoopPosition } from './snapshot-records.ts';

interface FleetControlParts extends Omit<FleetReaderParts, 'plane' | 'decided'> {
  readonly mode: ControlSettings['mode'];
  readonly encoder: RecordEncoder<ObservationsRecord>;
  readonly keeper: BoundaryKeeper;
}

export class FleetControl implements ControlLink {
  sourceEnded = false;
  readonly isDurable: boolean;
  readonly #parts: FleetControlParts;
  readonly #topic: string;
  readonly #reader: FleetReader;
  /** Partitions of this engine that it has reported as idle. */
  readonly #idle = new Map<string, TopicPartition>();
  /** Partitions of this engine from which no event has come. */
  readonly #unread = new Set<string>();
  readonly #plane: ControlPlane;
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #waits: BoundaryWaits;
  /** The boundary that is being decided, or was last, ms. */
  #decidingMs = Number.NEGATIVE_INFINITY;

  constructor(parts: FleetControlParts) {
    this.#parts = parts;
    this.#topic = observationsTopic(parts.name);
    this.isDurable = parts.mode === 'aligned';
    // Members report whether they have events in the topic, so that all engines learn the same.
    const hasEvents = (): Promise<boolean> => Promise.resolve(true);
    const failed = (error: unknown): void => this.#decisionFailed(error);
    const keeper = { decide: (boundary: Boundary) => this.#decide(boundary), remaining: () => undefined };
    const plane = (this.#plane = new ControlPlane('live', keeper, hasEvents, failed));
    const behind = (atMs: number): string[] => plane.behind(atMs).map(partitionName);
    this.#waits = new BoundaryWaits(behind, parts.telemetry, BOUNDARY_WAIT_LOG_MS);
    this.#reader = new FleetReader({ ...parts, plane, decided: (atMs) => this.#waits.decided(atMs) });
  }

  async #decide(boundary: Boundary): Promise<void> {
    this.#decidingMs = boundary.atMs;
    this.#reader.decides(boundary.atMs);
    try {
      await this.#parts.keeper.decide(boundary);
    } finally {
      // A decision that failed is over as well: partitions must not wait for it.
      this.#waits.decided(boundary.atMs);
    }
  }

  /** The next offset of the observations to be read. */
  get offsetNext(): number {
    return this.#reader.offsetNext;
  }

  /** Where the loop stands while a boundary is being decided. */
  position(): LoopPosition {
    return this.#reader.position(this.#decidingMs);
  }

  /** Reads the observations from the newest snapshot on, then follows them. */
  start(): void {
    this.#reader.run().catch((error: unknown) => this.#decisionFailed(error));
    this.#idleTimer = setInterval(() => this.#repeatIdle(), IDLE_CHECK_MS).unref();
  }

  /** A report was lost, or another program has reported events: boundaries would wait for the partition forever. */
  #repeatIdle(): void {
    for (const origin of this.#idle.values()) if (this.#plane.isAwaited(origin)) this.#report(origin, true);
  }

  #decisionFailed(error: unknown): void {
    this.#parts.telemetry.raise('decision_failed', this.#parts.name, messageOf(error));
  }

  join(origin: TopicPartition): void {
    const name = partitionName(origin);
    this.#idle.delete(name);
    this.#unread.add(name);
    this.#reportJoined(origin).catch((error: unknown) =>
      this.#parts.telemetry.warn('the log cannot tell whether a partition is empty', {
        why: messageOf(error),
      }),
    );
  }

  /**
   * The last owner may have left it idle, and events may have come since: until it has caught up, a boundary that did not wait
   * for it would be decided without them.
   */
  async #reportJoined(origin: TopicPartition): Promise<void> {
    const range = (await this.#parts.log.offsets(origin.topic))[origin.partition];
    if (range === undefined) return;
    if (range.high === range.low && this.#unread.has(partitionName(origin))) this.idle(origin);
    else this.#report(origin, false);
  }

  active(origin: TopicPartition): void {
    const name = partitionName(origin);
    this.#unread.delete(name);
    if (this.#idle.delete(name)) this.#report(origin, false);
  }

  idle(origin: TopicPartition): void {
    const name = partitionName(origin);
    if (this.#idle.has(name)) return;
    this.#idle.set(name, origin);
    this.#report(origin, true);
  }

  #report(origin: TopicPartition, idle: boolean): void {
    const { log, telemetry } = this.#parts;
    log.publish(this.#topic, [this.#record(idleRecord(origin.partition, idle))]).catch((error: unknown) => {
      telemetry.warn('a partition could not report whether it is idle', { why: messageOf(error) });
    });
  }

  #record(value: ObservationsRecord): LogRecord {
    const { encoder, nowMs } = this.#parts;
    return { key: null, value: encoder.encode(value), timestampMs: nowMs(), partition: 0 };
  }

  /** The partition's next owner continues: the committed observations of this one are in the topic. */
  leave(origin: TopicPartition): void {
    const name = partitionName(origin);
    this.#idle.delete(name);
    this.#unread.delete(name);
  }

  closeEpoch(
    origin: TopicPartition,
    controlMs: number | null,
    observations: ControlObservations,
  ): TopicRecords[] {
    // Aligned, the partition arrives once the rows of this epoch are stored, which is after its transaction.
    const boundaryMs = this.#parts.mode === 'live' ? controlMs : null;
    const records = observationRecords(boundaryMs, observations.drain(controlMs !== null));
    return records.length === 0
      ? []
      : [{ topic: this.#topic, records: records.map((value) => this.#record(value)) }];
  }

  /**
   * In aligned mode a trainer anywhere sees all rows up to the boundary, as no partition arrives before its rows are stored;
   * in live mode the last second may be missing. An arrival that is written twice says nothing the second time.
   */
  async arrive(
    origin: TopicPartition,
    atMs: number,
    { isPassed }: Pick<BoundaryArrival, 'isPassed'>,
  ): Promise<boolean> {
    if (this.#parts.mode === 'live') return true;
    if (isPassed) return this.#waits.until(atMs);
    const arrival = observationRecords(atMs, new ControlObservations(origin).drain(true));
    await this.#parts.log.publish(
      this.#topic,
      arrival.map((value) => this.#record(value)),
    );
    return this.#waits.until(atMs);
  }

  /** The previous owner may have ended before it wrote the arrival, or the observations may have been lost since. */
  resume(origin: TopicPartition, atMs: number): Promise<boolean> {
    return this.arrive(origin, atMs, { isPassed: false });
  }

  /** Releases partitions that wait: the engine is stopping. */
  close(): void {
    clearInterval(this.#idleTimer);
    this.#reader.close();
    this.#waits.close();
  }
}
