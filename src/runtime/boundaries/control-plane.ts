// Control boundaries across the partitions of this engine (control path). Each partition arrives at a boundary with its
// observations; when all active partitions have arrived, the boundary is decided, once and in order.
// In aligned mode partitions wait for the decision, so that its model takes over at that boundary in all of them. In live
// mode no partition waits.
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { ControlObservations, PartitionObservations } from '../../operators/observations.ts';
import type { ControlSettings } from '../../topology/learning-options.ts';
import type { BoundaryKeeper, MemberState } from './boundary.ts';
import type { BoundaryArrival, ControlLink, TopicRecords } from './control-link.ts';

interface Arrival {
  readonly atMs: number;
  readonly observations: PartitionObservations;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly origin: TopicPartition;
  /** No event has come from it yet, and it is not known whether any will. */
  fresh: boolean;
  idle: boolean;
  /** Last boundary reached, ms. */
  reachedMs: number;
  arrivals: Arrival[];
}

export class ControlPlane implements ControlLink {
  readonly #mode: ControlSettings['mode'];
  readonly #keeper: BoundaryKeeper;
  readonly #hasEvents: (origin: TopicPartition) => Promise<boolean>;
  readonly #failed: (error: unknown) => void;
  readonly #members = new Map<string, Member>();
  /** Resolves when nothing is decided or looked up any more. */
  #work: Promise<void> = Promise.resolve();
  #deciding = false;
  /** While it is restored, nothing is decided. */
  #isRestoring = false;
  /** Last boundary decided, ms: no earlier one is decided any more. */
  #decidedMs = Number.NEGATIVE_INFINITY;
  /** Observations of partitions that were idle or restarted, up to boundaries that were decided without them. */
  #behind: Array<Pick<Arrival, 'observations'> & { readonly origin: TopicPartition }> = [];
  /** No more events will be appended: a partition that has caught up is idle at once. */
  sourceEnded = false;
  readonly isDurable = false;

  /**
   * @param hasEvents whether the log holds events of a partition
   * @param failed receives a failure that no partition waits for
   */
  constructor(
    mode: ControlSettings['mode'],
    keeper: BoundaryKeeper,
    hasEvents: (origin: TopicPartition) => Promise<boolean>,
    failed: (error: unknown) => void,
  ) {
    this.#failed = failed;
    this.#mode = mode;
    this.#keeper = keeper;
    this.#hasEvents = hasEvents;
  }

  has(origin: TopicPartition): boolean {
    return this.#members.has(partitionName(origin));
  }

  /** The partition has events: boundaries wait for it from now on. */
  active(origin: TopicPartition): void {
    const name = partitionName(origin);
    const member = this.#members.get(name);
    if (member === undefined) return;
    member.fresh = false;
    member.idle = false;
  }

  /** A task of this partition starts: boundaries wait for it until it is known to have no events. */
  join(origin: TopicPartition): void {
    const name = partitionName(origin);
    // After a restart, the arrivals of the previous task still wait for the other partitions.
    const arrivals = this.#members.get(name)?.arrivals ?? [];
    const member = { origin, fresh: true, idle: false, reachedMs: Number.NEGATIVE_INFINITY, arrivals };
    this.#members.set(name, member);
  }

  /** Marks partitions without any event as idle: a boundary must not wait for them. */
  async #markEmptyIdle(): Promise<void> {
    for (const member of [...this.#members.values()].filter(({ fresh, idle }) => fresh && !idle)) {
      if (!(await this.#hasEvents(member.origin)) && member.fresh) member.idle = true;
    }
    this.#advance();
  }

  /** A partition of another topology has reached a boundary of its own: boundaries up to there need not wait for it. */
  reached(origin: TopicPartition, atMs: number): void {
    const member = this.#members.get(partitionName(origin));
    if (member === undefined) return;
    this.active(origin);
    member.reachedMs = Math.max(member.reachedMs, atMs);
    this.#advance();
  }

  /** The partition has caught up and has no events: no boundary waits for it. */
  idle(origin: TopicPartition): void {
    const member = this.#members.get(partitionName(origin));
    if (member === undefined || member.idle) return;
    member.idle = true;
    this.#advance();
  }

  /** The task of the partition has ended here; its arrivals still count. */
  leave(origin: TopicPartition, observations: ControlObservations): void {
    this.#keeper.remaining(observations.drain(true));
    const member = this.#members.get(partitionName(origin));
    if (member === undefined) return;
    member.reachedMs = Number.POSITIVE_INFINITY;
    this.#forgetEnded();
    this.#advance();
  }

  /** Removes members that have ended and whose arrivals are decided; with the last one, passes on what is left. */
  #forgetEnded(): void {
    for (const [name, { reachedMs, arrivals }] of this.#members) {
      if (reachedMs === Number.POSITIVE_INFINITY && arrivals.length === 0) this.#members.delete(name);
    }
    if (this.#members.size > 0) return;
    for (const { observations } of this.#behind.splice(0)) this.#keeper.remaining(observations);
  }

  /** The observations stay in this process, as does the only trainer, which flushes the history itself. */
  closeEpoch(): readonly TopicRecords[] {
    return [];
  }

  async arrive(origin: TopicPartition, atMs: number, { observations }: BoundaryArrival): Promise<boolean> {
    await this.take(origin, atMs, observations.drain(true));
    return true;
  }

  /** The state of a task need not be in the store at a boundary. */
  resume(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** A partition's watermark has passed a boundary; resolves when it may continue. */
  take(origin: TopicPartition, atMs: number, observations: PartitionObservations): Promise<void> {
    const member = this.#members.get(partitionName(origin)) as Member;
    // How far it has come stays known, whatever is said again.
    member.reachedMs = Math.max(member.reachedMs, atMs);
    if (atMs <= this.#decidedMs) {
      this.#behind.push({ origin, observations });
      this.#advance();
      return Promise.resolve();
    }
    const decided = new Promise<void>((resolve, reject) => {
      const at = member.arrivals.findLastIndex((before) => before.atMs <= atMs) + 1;
      // In order, whatever comes first: one that no other partition ever reaches must not hold back those before it.
      member.arrivals.splice(at, 0, { atMs, observations, resolve, reject });
    });
    this.#follow(
      this.#markEmptyIdle().catch((error: Error) =>
        member.arrivals.splice(0).forEach(({ reject }) => reject(error)),
      ),
    );
    if (this.#mode === 'aligned') return decided;
    // The partition's task goes on: it does not need to know.
    decided.catch(this.#failed);
    return Promise.resolve();
  }

  members(): MemberState[] {
    return [...this.#members.values()].map(({ origin: { topic, partition }, idle, reachedMs }) => {
      return { topic, partition, idle, reachedMs };
    });
  }

  /**
   * Goes back to the state after a boundary, without arrivals. What partitions had brought beyond it is taken again, and
   * nothing is decided until `restored`. @param topic whose partitions start afresh
   */
  restoring(topic: string, decidedMs: number): void {
    this.#isRestoring = true;
    this.#decidedMs = decidedMs;
    this.#behind = [];
    for (const member of this.#members.values()) {
      if (member.origin.topic !== topic) continue;
      Object.assign(member, { fresh: true, idle: false, reachedMs: Number.NEGATIVE_INFINITY, arrivals: [] });
    }
  }

  /** Everything up to the snapshot's position has been taken again; `states` is how far partitions had come there. */
  restored(states: readonly MemberState[]): void {
    for (const { idle, reachedMs, ...origin } of states) {
      if (!this.has(origin)) this.join(origin);
      Object.assign(this.#members.get(partitionName(origin)) as Member, { fresh: false, idle, reachedMs });
    }
    this.#isRestoring = false;
    this.#advance();
  }

  #follow(work: Promise<void>): void {
    this.#work = Promise.all([this.#work, work]).then(() => undefined, this.#failed);
  }

  /** Resolves when every boundary that can be decided has been. */
  async settled(): Promise<void> {
    for (let work: Promise<void> | null = null; work !== this.#work;) await (work = this.#work);
  }

  /** Whether the partition has come to the boundary before. */
  hasReached(origin: TopicPartition, atMs: number): boolean {
    const reachedMs = this.#members.get(partitionName(origin))?.reachedMs ?? Number.NEGATIVE_INFINITY;
    return atMs <= reachedMs;
  }

  /** Whether a boundary waits for the partition. */
  isAwaited(origin: TopicPartition): boolean {
    return this.#members.get(partitionName(origin))?.idle === false;
  }

  /** The partitions that a boundary waits for. */
  behind(atMs: number): TopicPartition[] {
    return [...this.#members.values()]
      .filter(({ idle, reachedMs }) => !idle && reachedMs < atMs)
      .map(({ origin }) => origin);
  }

  /** The next boundary that all active partitions have reached, or NaN. */
  #reachedByAll(): number {
    let next = Number.POSITIVE_INFINITY;
    let leastMs = Number.POSITIVE_INFINITY;
    for (const member of this.#members.values()) {
      const first = member.arrivals[0];
      if (first !== undefined) next = Math.min(next, first.atMs);
      if (!member.idle) leastMs = Math.min(leastMs, member.reachedMs);
    }
    return Number.isFinite(next) && next <= leastMs ? next : Number.NaN;
  }

  #advance(): void {
    if (this.#deciding || this.#isRestoring) return;
    const atMs = this.#reachedByAll();
    if (Number.isNaN(atMs)) return;
    this.#deciding = true;
    this.#decidedMs = atMs;
    const arrivals: Arrival[] = [];
    const seen = this.#behind.splice(0);
    for (const { origin, arrivals: waiting } of this.#members.values()) {
      while (waiting[0] !== undefined && waiting[0].atMs <= atMs) {
        const arrival = waiting.shift() as Arrival;
        arrivals.push(arrival);
        seen.push({ origin, observations: arrival.observations });
      }
    }
    seen.sort((a, b) => a.origin.partition - b.origin.partition);
    const decided = this.#keeper
      .decide({ atMs, observations: seen.map(({ observations }) => observations) })
      .then(
        () => arrivals.forEach((arrival) => arrival.resolve()),
        (error: Error) => arrivals.forEach((arrival) => arrival.reject(error)),
      )
      .finally(() => {
        this.#deciding = false;
        this.#forgetEnded();
        this.#advance();
      });
    this.#follow(decided);
  }
}
