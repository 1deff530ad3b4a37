// One consumer group on one topic of the embedded log (control path): which member owns which partition, by generation.
import type { Observable, Subscriber } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { REVOKE_MS_MAX } from '../../core/limits.ts';
import { sharePartitions } from '../shared/partition-share.ts';
import type { Assignment } from '../../ports/event-log.ts';
import type { PartitionLog } from './log-partition.ts';
import { LogReader } from './log-reader.ts';

/** What a group needs from its log. */
interface GroupHost {
  committed(log: PartitionLog): number | null;
  /** A number above that of every earlier generation of this group, in this process or before it. */
  nextGeneration(): number;
}

interface Ownership {
  readonly member: Subscriber<Assignment>;
  readonly assignment: EmbeddedAssignment;
}

/** Partitions are shared evenly; a rebalance does not interrupt one that stays with its member. */
export class LogGroup {
  readonly #logs: readonly PartitionLog[];
  readonly #host: GroupHost;
  readonly #members: Array<Subscriber<Assignment>> = [];
  readonly #owned = new Map<PartitionLog, Ownership>();
  #rebalances: Promise<void> = Promise.resolve();

  constructor(logs: readonly PartitionLog[], host: GroupHost) {
    this.#logs = logs;
    this.#host = host;
  }

  join(member: Subscriber<Assignment>): void {
    this.#members.push(member);
    this.#enqueue();
  }

  leave(member: Subscriber<Assignment>): void {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
    this.#enqueue();
  }

  /** Ends every membership. */
  close(): void {
    for (const member of this.#members.splice(0)) member.complete();
    this.#enqueue();
  }

  /** Resolves when every rebalance that has begun has finished. */
  settled(): Promise<void> {
    return this.#rebalances;
  }

  #enqueue(): void {
    this.#rebalances = this.#rebalances.then(() => this.#rebalance());
  }

  async #rebalance(): Promise<void> {
    const rebalancingSinceMs = performance.now();
    const owners = new Map([...this.#owned].map(([log, { member }]) => [log.origin.partition, member]));
    const plan = sharePartitions(this.#logs.length, this.#members, owners);
    const releases: Array<Promise<void>> = [];
    for (const [log, { member, assignment }] of this.#owned) {
      if (plan.get(log.origin.partition) === member) continue;
      this.#owned.delete(log);
      releases.push(assignment.revoke());
    }
    await Promise.all(releases);
    if (plan.size === 0) return;
    const generation = this.#host.nextGeneration();
    for (const log of this.#logs) {
      const member = plan.get(log.origin.partition);
      if (member === undefined || member.closed || this.#owned.has(log)) continue;
      const assignment = new EmbeddedAssignment(
        log,
        generation,
        this.#host.committed(log),
        rebalancingSinceMs,
      );
      this.#owned.set(log, { member, assignment });
      member.next(assignment);
    }
  }
}

class EmbeddedAssignment implements Assignment {
  readonly topic: string;
  readonly partition: number;
  readonly generation: number;
  readonly committedOffset: number | null;
  readonly revoked: AbortSignal;
  readonly rebalancingSinceMs: number;
  readonly #log: PartitionLog;
  readonly #abort = new AbortController();
  readonly #released = Promise.withResolvers<void>();
  #reader: LogReader | null = null;

  constructor(
    log: PartitionLog,
    generation: number,
    committedOffset: number | null,
    rebalancingSinceMs: number,
  ) {
    this.topic = log.origin.topic;
    this.partition = log.origin.partition;
    this.generation = generation;
    this.committedOffset = committedOffset;
    this.rebalancingSinceMs = rebalancingSinceMs;
    this.revoked = this.#abort.signal;
    this.#log = log;
  }

  open(offset: number | null): Observable<RawBatch> {
    this.#reader?.stop();
    const reader = new LogReader(this.#log, offset ?? this.#log.low);
    this.#reader = reader;
    if (this.revoked.aborted) reader.stop();
    return reader.records();
  }

  pause(): void {
    this.#reader?.pause();
  }

  resume(): void {
    this.#reader?.resume();
  }

  released(): void {
    this.#released.resolve();
  }

  /** Resolves when the owner has released it, or after REVOKE_MS_MAX. */
  async revoke(): Promise<void> {
    this.#abort.abort();
    this.#reader?.stop();
    if (this.#reader === null) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, REVOKE_MS_MAX);
    });
    await Promise.race([this.#released.promise, late]);
    clearTimeout(timer);
  }
}
