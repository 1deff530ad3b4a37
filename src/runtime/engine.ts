// The engine (control path): joins the group of a topology, runs a task for each partition that it is assigned, and
// stops in order.
import type { IPolicy } from 'cockatiel';
import type { Subscription } from 'rxjs';
import { messageOf, MillraceError } from '../core/errors.ts';
import { isEnvironmentFault } from '../core/faults.ts';
import { partitionName } from '../core/topic-partition.ts';
import { ControlObservations } from '../operators/observations.ts';
import type { Assignment } from '../ports/event-log.ts';
import { checkColumns } from '../topology/check-columns.ts';
import { groupOf, topicsOf } from '../topology/topics.ts';
import { takeAddedPartitions } from './added-partitions.ts';
import { announceBegins } from './task/begin.ts';
import { DeadLetterLog } from './commit/dead-letter-log.ts';
import { createTask, type Attempt } from './task/create-task.ts';
import type { EngineParts } from './engine-parts.ts';
import { Claim } from './recovery/claim.ts';
import { openEncoders, type OutputEncoders } from './commit/epoch-outputs.ts';
import type { PartitionProgress } from './progress/partition-progress.ts';
import { ProfileBoard } from './profiles/profile-board.ts';
import { watchedOf } from './progress/watched-of.ts';
import { ProgressWatch } from './progress/progress-watch.ts';
import { followErasures, type FollowedErasures } from './erasure/followed-erasures.ts';
import { openProtection, type Protection } from './personal/protection.ts';
import { openPredictions } from './recovery/published-predictions.ts';
import { NO_QUARANTINE } from './quarantine/record-quarantine.ts';
import { StateDamage } from './recovery/state-damage.ts';
import { taskRestarts } from './task/restarts.ts';
import { RunStats } from './task/run-stats.ts';
import { openSourceDecoder } from './task/source-decoder.ts';
import type { TaskPosition } from './task/task-parts.ts';

interface Running {
  readonly stop: () => void;
  readonly abandon: () => void;
  /** Revision of the erasures that its task applies; absent before there is a task. */
  readonly erased?: number;
  /** Null between two attempts. */
  readonly position: () => TaskPosition | null;
  readonly ended: Promise<void>;
}

export class Engine {
  readonly stats: RunStats = new RunStats();
  /** What its partitions know of the columns of their events. */
  readonly profiles: ProfileBoard = new ProfileBoard(() => performance.now());
  readonly #parts: EngineParts;
  readonly #running = new Map<string, Running>();
  readonly #watch: ProgressWatch;
  readonly #deadLetters: DeadLetterLog;
  readonly #protection: Protection | null;
  /** Null if the source does not name whose its events are. */
  #erasures: FollowedErasures | null = null;
  #encoders: OutputEncoders | null = null;
  #subscription: Subscription | null = null;
  #failed: (error: Error) => void = () => undefined;
  #stopping = false;
  readonly #restarts: IPolicy;
  #stopFailure: Error | null = null;
  /** Rejects if the engine cannot continue. */
  readonly failure: Promise<never>;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.failure = new Promise((_resolve, reject) => {
      this.#failed = reject;
    });
    this.failure.catch(() => undefined);
    const { topology, log, telemetry, settings } = parts;
    this.#restarts = taskRestarts(topology.name, telemetry, () => !this.#stopping);
    this.#protection = openProtection(parts);
    this.#deadLetters = new DeadLetterLog(telemetry, topicsOf(topology).deadLetters, () => performance.now());
    this.#watch = new ProgressWatch({
      ...watchedOf(topology),
      log,
      telemetry,
      stuckMs: settings.stuckMs,
      clock: () => performance.now(),
    });
  }

  /** Checks the topology against its source's schema and joins the group. */
  async start(): Promise<void> {
    const { topology, format, codec, log, sinks, telemetry } = this.#parts;
    const topics = topicsOf(topology);
    const { schema } = await openSourceDecoder(topology, format);
    checkColumns(topology, schema);
    this.#encoders = await openEncoders(codec, topics, topology.predictions);
    // Nothing is quarantined here: records may be of a topic that was created again, and tasks report the rest.
    await announceBegins(topology, sinks, await openPredictions(this.#parts, NO_QUARANTINE));
    this.#erasures = await followErasures(this.#parts, () => this.#eraseAgain());
    const group = { groupId: groupOf(topology.name), topic: topics.source };
    this.#parts.tables?.start((error) => this.#failed(error));
    this.#watch.start();
    this.#protection?.follow(telemetry);
    const sized = (found: number): Promise<void> => takeAddedPartitions(topology, found, log, telemetry);
    this.#subscription = log.subscribe({ ...group, joined: () => this.#watch.joined(), sized }).subscribe({
      next: (assignment) => this.#assigned(assignment),
      error: (error: Error) => this.#failed(error),
    });
    telemetry.info('engine started', { topology: topology.name, source: topics.source });
  }

  /** Tasks that have not applied every erasure commit what they have, and start again with them. */
  #eraseAgain(): void {
    const revision = this.#erasures?.revision ?? 0;
    for (const running of this.#running.values()) if ((running.erased ?? revision) < revision) running.stop();
  }

  #assigned(assignment: Assignment): void {
    const name = partitionName(assignment);
    const before = this.#running.get(name)?.ended ?? Promise.resolve();
    const { telemetry, topology } = this.#parts;
    telemetry.count('rebalances_total', 1, { topology: topology.name });
    // The partition may be assigned again while its previous task is still ending.
    before.then(() => this.#run(assignment)).catch((error: Error) => this.#failed(error));
  }

  async #run(assignment: Assignment): Promise<void> {
    const name = partitionName(assignment);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const nothing = (): void => undefined;
    this.#running.set(name, { stop: nothing, abandon: nothing, position: () => null, ended });
    // All partitions of an assignment join before the first of their tasks runs, so that no boundary is decided without them.
    this.#parts.control.join(assignment);
    this.#countTasks();
    const progress = this.#watch.add(assignment.partition);
    const damage = new StateDamage(this.#parts.topology.name, name, this.#parts.telemetry);
    try {
      const claim = new Claim(assignment.generation);
      let isRead = false;
      const started = (): void => {
        if (!isRead) this.#observePause(assignment);
        isRead = true;
      };
      // After a recoverable external failure, the task restarts from its last commit, with growing pauses.
      const attempt = async (): Promise<void> => {
        while ((await this.#attempt({ assignment, claim, damage, started, ended, progress })) === 'again');
      };
      await this.#restarts.execute(attempt, assignment.revoked);
    } catch (error) {
      if (assignment.revoked.aborted) return;
      if (!this.#stopping) throw error;
      this.#stopFailure ??= error as Error;
    } finally {
      damage.close();
      this.#running.delete(name);
      this.#watch.remove(assignment.partition);
      this.profiles.left(assignment.partition);
      this.#countTasks();
      this.#parts.control.leave(assignment, new ControlObservations(assignment));
      assignment.released();
      end();
    }
  }

  #observePause({ rebalancingSinceMs }: Assignment): void {
    const { telemetry, topology } = this.#parts;
    const pauseMs = performance.now() - rebalancingSinceMs;
    telemetry.observe('rebalance_pause_seconds', pauseMs, { topology: topology.name });
  }

  #countTasks(): void {
    const { telemetry, topology } = this.#parts;
    telemetry.gauge('tasks_active', this.#running.size, { topology: topology.name });
  }

  async #attempt(attempt: Attempt): Promise<'ended' | 'again'> {
    const { assignment, progress } = attempt;
    if (assignment.revoked.aborted) return 'ended';
    if (this.#stopping) {
      this.#stopFailure ??= progress.failure;
      return 'ended';
    }
    progress.phase = 'opening its writer and its state';
    try {
      return await this.#runTask(attempt);
    } catch (error) {
      if (!this.#stopping && !assignment.revoked.aborted) this.#reportFailure(attempt, error as Error);
      throw error;
    }
  }

  /** The engine runs on, and restarts the task if the failure passes. */
  #reportFailure({ assignment, progress }: Attempt, error: Error): void {
    progress.failed(error);
    const { telemetry, topology } = this.#parts;
    if (isEnvironmentFault(error))
      telemetry.raise('task_restarting', watchedOf(topology).where(assignment), messageOf(error));
  }

  /** Returns `again` if an entity is to be erased before the task goes on. */
  async #runTask(attempt: Attempt): Promise<'ended' | 'again'> {
    const { assignment, ended } = attempt;
    const name = partitionName(assignment);
    const encoders = this.#encoders;
    if (encoders === null) throw new MillraceError('INVARIANT', 'the engine has started before its tasks');
    const erasures = this.#erasures;
    const erased = erasures?.revision ?? 0;
    const task = await createTask(
      this.#parts,
      encoders,
      attempt,
      await openSourceDecoder(this.#parts.topology, this.#parts.format),
      this.stats,
      this.profiles,
      this.#deadLetters,
      this.#protection,
      erasures,
    );
    const running = { stop: () => task.stop(), abandon: () => task.abandon(), erased, ended };
    this.#running.set(name, { ...running, position: () => task.position() });
    // The engine may have been stopped, or an erasure requested, while the task was being created.
    if (this.#stopping || (erasures?.revision ?? 0) > erased) task.stop();
    try {
      await task.run();
    } catch (error) {
      this.#running.set(name, { ...running, position: () => null });
      // The task has left the control plane and will restart: boundaries must wait for it meanwhile.
      if (!this.#stopping) this.#parts.control.join(assignment);
      throw error;
    }
    if (this.#stopping || assignment.revoked.aborted || (erasures?.revision ?? 0) <= erased) return 'ended';
    this.#running.set(name, { ...running, position: () => null });
    this.#parts.control.join(assignment);
    return 'again';
  }

  /** The partitions that are assigned to this process, also while their tasks restart. */
  partitions(): number[] {
    return this.#watch.partitions();
  }

  /** The assigned partitions that have made no progress for the time that counts as stuck, with the reasons. */
  stuck(): PartitionProgress[] {
    return this.#watch.stuck();
  }

  /** Why a task could not commit what it had processed when the engine stopped; null if everything is committed. */
  get stopFailure(): Error | null {
    return this.#stopFailure;
  }

  positions(): TaskPosition[] {
    return [...this.#running.values()]
      .flatMap(({ position }) => position() ?? [])
      .sort((a, b) => a.partition - b.partition);
  }

  /** Resolves when no task is running: each source has ended or was revoked. */
  async drained(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  /**
   * Commits every task at a final barrier, then leaves the group. Abandons the tasks that have not ended after `boundMs`;
   * with 0 all of them at once, without a final commit, as a crash does.
   */
  async stop(boundMs: number): Promise<void> {
    this.#stopping = true;
    this.#parts.sinks.stopRetrying();
    this.#parts.tables?.interrupt();
    if (boundMs > 0) for (const running of this.#running.values()) running.stop();
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#abandon(boundMs);
        resolve();
      }, boundMs);
    });
    await Promise.race([this.drained(), bound]);
    clearTimeout(timer);
    if (this.#stopFailure !== null && boundMs > 0)
      this.#parts.telemetry.error('not everything is committed: a restart repeats the rest', {
        why: messageOf(this.#stopFailure),
      });
    this.#subscription?.unsubscribe();
    this.#erasures?.close();
    this.#protection?.close();
    this.#watch.close();
    this.#deadLetters.close();
    this.#parts.tables?.close();
  }

  #abandon(boundMs: number): void {
    const left = [...this.#running.keys()].join(', ');
    if (boundMs > 0)
      this.#stopFailure ??= new MillraceError('LOG_UNAVAILABLE', `tasks did not end within ${boundMs} ms`, {
        where: left,
        remedy: 'Check the services: a restart repeats what the tasks had not committed.',
      });
    for (const running of this.#running.values()) running.abandon();
  }
}
