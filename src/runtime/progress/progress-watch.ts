// Measures the lag of the partitions of one engine against the end of the log (control path), at an interval, whether or
// not a fetch returns, and reports partitions that do not progress although events wait.
import { messageOf } from '../../core/errors.ts';
import { DEAD_LETTERS_ONLY_ROWS } from '../../core/dead-letter-limits.ts';
import { LAG_POLL_MS } from '../../core/log-limits.ts';
import { MS_PER_SECOND } from '../../core/time.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { PartitionProgress, type TaskPhase } from './partition-progress.ts';
import { WaitingTime } from './waiting-time.ts';

export interface ProgressWatchParts {
  readonly topology: string;
  readonly groupId: string;
  /** Of the source. */
  readonly topic: string;
  /** Names a partition in conditions; as `partitionName` by default. */
  readonly where?: (partition: TopicPartition) => string;
  readonly log: Pick<EventLog, 'ends'>;
  readonly telemetry: Telemetry;
  /** Time without progress after which a partition is stuck, ms. */
  readonly stuckMs: number;
  /** Monotonic, ms. */
  readonly clock: () => number;
}

interface Watched {
  readonly progress: PartitionProgress;
  readonly waiting: WaitingTime;
}

/** A task that is in one of them serves no event, whether or not one waits. */
const NOT_SERVING: ReadonlySet<TaskPhase> = new Set<TaskPhase>([
  'waiting for its lookup tables',
  'opening its writer and its state',
  'restoring its state',
  'waiting to restart',
]);

const GAUGES = [
  'offset_lag_events',
  'lag_seconds',
  'watermark_timestamp_seconds',
  'labels_early_waiting_events',
] as const;

export class ProgressWatch {
  readonly #parts: ProgressWatchParts;
  readonly #watched = new Map<number, Watched>();
  readonly #startedMs: number;
  #hasJoined = false;
  #timer: NodeJS.Timeout | null = null;
  #polling: Promise<void> | null = null;

  constructor(parts: ProgressWatchParts) {
    this.#parts = parts;
    this.#startedMs = parts.clock();
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), LAG_POLL_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#parts.telemetry.clear('group_not_joined', this.#parts.groupId);
    for (const partition of this.partitions()) this.remove(partition);
  }

  /** The group has admitted this process, with or without a partition. */
  joined(): void {
    this.#hasJoined = true;
    this.#parts.telemetry.clear('group_not_joined', this.#parts.groupId);
  }

  /** A partition was assigned. */
  add(partition: number): PartitionProgress {
    this.joined();
    const progress = new PartitionProgress(partition, this.#parts.clock, () => this.#poll());
    this.#watched.set(partition, { progress, waiting: new WaitingTime() });
    void this.#poll();
    return progress;
  }

  /** A partition was revoked: its figures are those of another process from now on. */
  remove(partition: number): void {
    const { telemetry, topology } = this.#parts;
    this.#watched.delete(partition);
    for (const name of GAUGES) telemetry.removeGauge(name, { topology, partition: String(partition) });
    for (const name of ['partition_stuck', 'task_restarting', 'dead_letters_only'] as const)
      telemetry.clear(name, this.#where(partition));
  }

  #where(partition: number): string {
    const { topic, where = partitionName } = this.#parts;
    return where({ topic, partition });
  }

  partitions(): number[] {
    return [...this.#watched.keys()];
  }

  /** Partitions that have made no progress for the time that counts as stuck, each with the reason. */
  stuck(): PartitionProgress[] {
    return [...this.#watched.values()].map(({ progress }) => progress).filter((one) => this.#isStuck(one));
  }

  #isStuck(progress: PartitionProgress): boolean {
    return progress.idleMs >= this.#parts.stuckMs;
  }

  /** Time since the start, ms. */
  get elapsedMs(): number {
    return this.#parts.clock() - this.#startedMs;
  }

  /** One round; the timer calls it. */
  async tick(): Promise<void> {
    // A log that does not answer must not keep the partitions from being measured.
    const polled = this.#poll();
    this.#measure();
    await polled;
    this.#measure();
  }

  /** One request at a time. */
  #poll(): Promise<void> {
    this.#polling ??= this.#pollOnce().finally(() => {
      this.#polling = null;
    });
    return this.#polling;
  }

  async #pollOnce(): Promise<void> {
    if (this.#watched.size === 0) return;
    const { log, topic, telemetry, clock } = this.#parts;
    const askedMs = clock();
    try {
      const ends = await log.ends(topic);
      for (const [partition, { progress, waiting }] of this.#watched) {
        const at = ends[partition];
        if (at === undefined) continue;
        progress.looked(at, askedMs);
        waiting.add(at.end, clock());
      }
      telemetry.clear('log_unavailable', `offsets of ${topic}`);
    } catch (error) {
      telemetry.raise('log_unavailable', `offsets of ${topic}`, messageOf(error));
    }
  }

  #measure(): void {
    for (const [partition, watched] of this.#watched) this.#measureOne(partition, watched);
    const { telemetry, groupId, stuckMs } = this.#parts;
    if (!this.#hasJoined && this.elapsedMs >= stuckMs)
      telemetry.raise('group_not_joined', groupId, `not joined since the start, ${this.#seconds()} s ago`, {
        blocksReadiness: true,
      });
  }

  #seconds(): number {
    return Math.round(this.elapsedMs / MS_PER_SECOND);
  }

  #measureOne(partition: number, { progress, waiting }: Watched): void {
    const { telemetry, topology, clock } = this.#parts;
    const where = this.#where(partition);
    const { lag, committed, phase, failure, deadLettersInARow } = progress;
    if (lag !== null && committed !== null) {
      const labels = { topology, partition: String(partition) };
      telemetry.gauge('offset_lag_events', lag, labels);
      telemetry.gauge('lag_seconds', waiting.ms(committed, clock()) / MS_PER_SECOND, labels);
    }
    if (lag === 0 && !NOT_SERVING.has(phase)) progress.caughtUp();
    if (deadLettersInARow >= DEAD_LETTERS_ONLY_ROWS)
      telemetry.raise('dead_letters_only', where, `the last ${deadLettersInARow} events, all of them`);
    else telemetry.clear('dead_letters_only', where);
    if (failure === null) telemetry.clear('task_restarting', where);
    if (this.#isStuck(progress))
      telemetry.raise('partition_stuck', where, progress.reason, { blocksReadiness: this.#blocks(progress) });
    else telemetry.clear('partition_stuck', where);
  }

  /** A partition that waits at a boundary for another one that progresses is slow on purpose. */
  #blocks({ phase }: PartitionProgress): boolean {
    if (phase !== 'waiting at a control boundary') return true;
    return [...this.#watched.values()].every(({ progress }) => this.#isStuck(progress));
  }
}
