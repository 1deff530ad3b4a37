// One consumer group on one topic of the embedded log (control path): which member owns which partition, by generation.
import type { Subscriber } from 'rxjs';
import { OwnedPartition } from '../shared/owned-partition.ts';
import { sharePartitions } from '../shared/partition-share.ts';
import type { Assignment } from '../../ports/event-log.ts';
import type { PartitionLog } from './log-partition.ts';
import { LogReader } from './log-reader.ts';

/** What a group needs from its log. */
interface GroupHost {
  /** A number above that of every earlier generation of this group, in this process or before it. */
  nextGeneration(): number;
}

interface Ownership {
  readonly member: Subscriber<Assignment>;
  readonly assignment: OwnedPartition;
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

  /** Number of members. */
  get size(): number {
    return this.#members.length;
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
      const { topic, partition } = log.origin;
      const assignment = new OwnedPartition(
        { topic, partition, generation, rebalancingSinceMs },
        (offset) => new LogReader(log, offset ?? log.low),
      );
      this.#owned.set(log, { member, assignment });
      member.next(assignment);
    }
  }
}
