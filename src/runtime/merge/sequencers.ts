// The merge of a topology's repartitioned events in one process (control path): joins the group of the topic before the
// merge, and runs a sequencer for each partition that it is assigned.
import { messageOf } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { Subscription } from 'rxjs';
import type { Assignment, EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Merge } from '../../topology/merge.ts';
import { within } from '../../resilience/within.ts';
import { taskRestarts } from '../task/restarts.ts';
import { Sequencer } from './sequencer.ts';

export interface SequencersParts {
  /** Name of the topology. */
  readonly topology: string;
  readonly merge: Merge;
  readonly log: EventLog;
  readonly telemetry: Telemetry;
  readonly quarantine: Quarantine;
  /** Called if the merge cannot continue. */
  readonly failed: (error: Error) => void;
}

interface Running {
  sequencer: Sequencer | null;
  readonly ended: Promise<void>;
}

export class Sequencers {
  readonly #parts: SequencersParts;
  readonly #running = new Map<number, Running>();
  #subscription: Subscription | null = null;
  #stopping = false;

  constructor(parts: SequencersParts) {
    this.#parts = parts;
  }

  /** Joins the group. The topics must exist. */
  start(): void {
    const { log, merge, failed } = this.#parts;
    const { groupId, before: topic } = merge;
    this.#subscription = log.subscribe({ groupId, topic }).subscribe({
      next: (assignment) => this.#assigned(assignment),
      error: failed,
    });
  }

  #assigned(assignment: Assignment): void {
    const before = this.#running.get(assignment.partition)?.ended ?? Promise.resolve();
    const ended = before.then(() => this.#run(assignment));
    ended.catch(this.#parts.failed);
  }

  async #run(assignment: Assignment): Promise<void> {
    const { topology, telemetry } = this.#parts;
    const end = Promise.withResolvers<void>();
    const running: Running = { sequencer: null, ended: end.promise };
    this.#running.set(assignment.partition, running);
    const where = partitionName(assignment);
    const attempt = async (): Promise<void> => {
      try {
        await this.#sequence(assignment, running);
      } catch (error) {
        if (isEnvironmentFault(error)) telemetry.raise('task_restarting', where, messageOf(error));
        throw error;
      }
    };
    try {
      const restarts = taskRestarts(topology, telemetry, () => !this.#stopping);
      await restarts.execute(attempt, assignment.revoked);
    } catch (error) {
      if (!assignment.revoked.aborted && !this.#stopping) throw error;
    } finally {
      telemetry.clear('task_restarting', where);
      if (this.#running.get(assignment.partition) === running) this.#running.delete(assignment.partition);
      assignment.released();
      end.resolve();
    }
  }

  async #sequence(assignment: Assignment, running: Running): Promise<void> {
    if (this.#stopping || assignment.revoked.aborted) return;
    const { log, merge, telemetry, quarantine } = this.#parts;
    const writer = await log.epochWriter(`${merge.groupId}.${assignment.partition}`);
    const clock = (): number => performance.now();
    const started = (): void => telemetry.clear('task_restarting', partitionName(assignment));
    const sequencer = new Sequencer({
      merge,
      assignment,
      log,
      writer,
      started,
      telemetry,
      quarantine,
      clock,
    });
    running.sequencer = sequencer;
    if (this.#stopping) sequencer.stop();
    await sequencer.run();
  }

  /** Leaves the group when what is being committed is committed, after `boundMs` at the latest. */
  async stop(boundMs: number): Promise<void> {
    this.#stopping = true;
    const all = [...this.#running.values()];
    for (const { sequencer } of all) sequencer?.stop();
    const ended = Promise.all(all.map((running) => running.ended));
    await within(boundMs, ended).catch(() => undefined); // a restart repeats what is not committed
    this.#subscription?.unsubscribe();
  }
}
