// Control boundaries across the partitions of this engine (control path). Each partition arrives at a boundary with
// what it saw; when all that are active have arrived, the boundary is decided, once and in order.
// Aligned, partitions wait for the decision, so a model that it brings takes over at that very boundary in all of
// them. Live, nobody waits.
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { ControlObservations, PartitionObservations } from '../../operators/observations.ts';
import type { ControlSettings } from '../../topology/learning-options.ts';
import type { ControlLink, TopicRecords } from './control-link.ts';

/** What all partitions saw up to a boundary, in partition order. */
export interface Boundary {
  /** Event time, ms. */
  readonly atMs: number;
  readonly observations: readonly PartitionObservations[];
}

export interface BoundaryKeeper {
  /** Decides a boundary; aligned partitions wait for it. */
  decide(boundary: Boundary): Promise<void>;
  /** What a partition saw after its last boundary, when it ends. */
  remaining(observations: PartitionObservations): void;
}

interface Arrival {
  readonly atMs: number;
  readonly observations: PartitionObservations;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly of: TopicPartition;
  /** Nothing has come from it yet, and it is not known whether anything will. */
  fresh: boolean;
  idle: boolean;
  /** Last boundary reached, ms. */
  reachedMs: number;
  arrivals: Arrival[];
}

export class ControlPlane implements ControlLink {
  readonly #mode: ControlSettings['mode'];
  readonly #keeper: BoundaryKeeper;
  readonly #hasEvents: (of: TopicPartition) => Promise<boolean>;
  readonly #members = new Map<string, Member>();
  #deciding = false;
  /** Last boundary decided, ms: none before it is decided any more. */
  #decidedMs = Number.NEGATIVE_INFINITY;
  /** What partitions that were idle, or began anew, saw up to boundaries that were decided without them. */
  #behind: Array<Pick<Arrival, 'observations'> & { readonly of: TopicPartition }> = [];
  /** No more events will be appended: a partition that has caught up is idle at once. */
  sourceEnded = false;
  readonly isDurable = false;

  /** @param hasEvents whether the log holds anything of a partition */
  constructor(
    mode: ControlSettings['mode'],
    keeper: BoundaryKeeper,
    hasEvents: (of: TopicPartition) => Promise<boolean>,
  ) {
    this.#mode = mode;
    this.#keeper = keeper;
    this.#hasEvents = hasEvents;
  }

  /** The partition has events: boundaries wait for it from now on. */
  active(of: TopicPartition): void {
    const name = partitionName(of);
    const member = this.#members.get(name);
    if (member === undefined) return;
    member.fresh = false;
    member.idle = false;
  }

  /** A task of this partition begins: boundaries wait for it until it is known to have no events. */
  join(of: TopicPartition): void {
    const name = partitionName(of);
    // A task that begins anew: what the one before brought still waits for the others.
    const arrivals = this.#members.get(name)?.arrivals ?? [];
    const member = { of, fresh: true, idle: false, reachedMs: Number.NEGATIVE_INFINITY, arrivals };
    this.#members.set(name, member);
  }

  /** Partitions that have no events at all are idle: a boundary must not wait for them. */
  async #passEmpty(): Promise<void> {
    for (const member of [...this.#members.values()].filter(({ fresh, idle }) => fresh && !idle)) {
      if (!(await this.#hasEvents(member.of)) && member.fresh) member.idle = true;
    }
    this.#advance();
  }

  /** A partition of another topology has come to a boundary of its own: ours up to there need not wait for it. */
  reached(of: TopicPartition, atMs: number): void {
    const member = this.#members.get(partitionName(of));
    if (member === undefined) return;
    this.active(of);
    member.reachedMs = Math.max(member.reachedMs, atMs);
    this.#advance();
  }

  /** The partition has caught up and has no events: no boundary waits for it. */
  idle(of: TopicPartition): void {
    const member = this.#members.get(partitionName(of));
    if (member === undefined || member.idle) return;
    member.idle = true;
    this.#advance();
  }

  /** The partition has ended here; what it brought still counts. */
  leave(of: TopicPartition, observations: ControlObservations): void {
    this.#keeper.remaining(observations.drain());
    const member = this.#members.get(partitionName(of));
    if (member === undefined) return;
    member.reachedMs = Number.POSITIVE_INFINITY;
    this.#forgetEnded();
    this.#advance();
  }

  /** Members that have ended and whose arrivals are decided; with the last one, what is left over is handed on. */
  #forgetEnded(): void {
    for (const [name, { reachedMs, arrivals }] of this.#members) {
      if (reachedMs === Number.POSITIVE_INFINITY && arrivals.length === 0) this.#members.delete(name);
    }
    if (this.#members.size > 0) return;
    for (const { observations } of this.#behind.splice(0)) this.#keeper.remaining(observations);
  }

  /** The one trainer is in this process, and sees to it itself. */
  beforeBoundary(): Promise<void> {
    return Promise.resolve();
  }

  /** What was seen stays in this process. */
  closeEpoch(): readonly TopicRecords[] {
    return [];
  }

  arrive(of: TopicPartition, atMs: number, observations: ControlObservations): Promise<void> {
    return this.take(of, atMs, observations.drain());
  }

  /** A partition's watermark has passed a boundary; resolves when it may go on. */
  take(of: TopicPartition, atMs: number, observations: PartitionObservations): Promise<void> {
    const member = this.#members.get(partitionName(of)) as Member;
    member.reachedMs = atMs;
    if (atMs <= this.#decidedMs) {
      this.#behind.push({ of, observations });
      this.#advance();
      return Promise.resolve();
    }
    const decided = new Promise<void>((resolve, reject) => {
      member.arrivals.push({ atMs, observations, resolve, reject });
    });
    this.#passEmpty().catch((error: Error) =>
      member.arrivals.splice(0).forEach(({ reject }) => reject(error)),
    );
    if (this.#mode === 'aligned') return decided;
    // Live, the partition's task is not the one to hear of a failed decision: `decide` reports it.
    decided.catch(() => undefined);
    return Promise.resolve();
  }

  /** Partitions that a boundary waits for. */
  behind(atMs: number): TopicPartition[] {
    return [...this.#members.values()]
      .filter(({ idle, reachedMs }) => !idle && reachedMs < atMs)
      .map(({ of }) => of);
  }

  /** The next boundary that everyone has reached, or NaN. */
  #reachedByAll(): number {
    let next = Number.POSITIVE_INFINITY;
    let everyone = Number.POSITIVE_INFINITY;
    for (const member of this.#members.values()) {
      const first = member.arrivals[0];
      if (first !== undefined) next = Math.min(next, first.atMs);
      if (!member.idle) everyone = Math.min(everyone, member.reachedMs);
    }
    return Number.isFinite(next) && next <= everyone ? next : Number.NaN;
  }

  #advance(): void {
    if (this.#deciding) return;
    const atMs = this.#reachedByAll();
    if (Number.isNaN(atMs)) return;
    this.#deciding = true;
    this.#decidedMs = atMs;
    const arrivals: Arrival[] = [];
    const seen = this.#behind.splice(0);
    for (const { of, arrivals: waiting } of this.#members.values()) {
      while (waiting[0] !== undefined && waiting[0].atMs <= atMs) {
        const arrival = waiting.shift() as Arrival;
        arrivals.push(arrival);
        seen.push({ of, observations: arrival.observations });
      }
    }
    seen.sort((a, b) => a.of.partition - b.of.partition);
    this.#keeper
      .decide({ atMs, observations: seen.map(({ observations }) => observations) })
      .then(
        () => arrivals.forEach((arrival) => arrival.resolve()),
        (error: Error) => arrivals.forEach((arrival) => arrival.reject(error)),
      )
      .finally(() => {
        this.#deciding = false;
        this.#forgetEnded();
        this.#advance();
      })
      .catch(() => undefined);
  }
}
