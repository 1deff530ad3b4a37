// The engine (control path): joins the group of a topology, runs a task for each partition that it is assigned, and
// stops in order.
import type { IPolicy } from 'cockatiel';
import type { Subscription } from 'rxjs';
import { messageOf, MillraceError } from '../core/errors.ts';
import { RESTART_WAITS, retriesWhile } from '../resilience/retries.ts';
import { partitionName } from '../core/topic-partition.ts';
import { ControlObservations } from '../operators/observations.ts';
import type { SchemaCodec } from '../ports/codec.ts';
import type { Assignment, EventLog } from '../ports/event-log.ts';
import type { History } from '../ports/history.ts';
import type { StateStores } from '../ports/state-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { checkColumns } from '../topology/check-columns.ts';
import type { Topology } from '../topology/define.ts';
import type { SourceFormat } from '../topology/source-format.ts';
import { groupOf, topicsOf } from '../topology/topics.ts';
import { announceBegin, announceBegins } from './task/begin.ts';
import { Claim } from './recovery/claim.ts';
import { CommittedPredictions } from './recovery/committed-predictions.ts';
import type { ControlLink } from './boundaries/control-link.ts';
import { EpochOutputs, type OutputEncoders } from './commit/epoch-outputs.ts';
import type { Sinks } from './commit/sinks.ts';
import type { ModelHub } from './models/model-hub.ts';
import { PredictionsTopic } from './recovery/predictions-topic.ts';
import type { DeadLetterRecord, LateRecord } from './records.ts';
import { isRestartable } from './recovery/restartable.ts';
import { RunStats } from './task/run-stats.ts';
import { SourceDecoder } from './task/source-decoder.ts';
import type { TaskPosition, TaskSettings } from './task/task-parts.ts';
import { PartitionTask } from './task/task.ts';

export interface EngineParts {
  readonly topology: Topology;
  readonly log: EventLog;
  /** The format of the source. */
  readonly format: Pick<SourceFormat, 'decoder'>;
  readonly codec: SchemaCodec;
  readonly stores: StateStores;
  /** Receives the events of a source that is archived; null if history is off. */
  readonly history: History | null;
  readonly sinks: Sinks;
  readonly hub: ModelHub;
  readonly control: ControlLink;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
  readonly settings: TaskSettings;
}

interface Running {
  readonly stop: () => void;
  readonly abandon: () => void;
  /** Null between two attempts. */
  readonly position: () => TaskPosition | null;
  readonly ended: Promise<void>;
}

export class Engine {
  readonly stats: RunStats = new RunStats();
  readonly #parts: EngineParts;
  readonly #running = new Map<string, Running>();
  #encoders: OutputEncoders | null = null;
  #subscription: Subscription | null = null;
  #failed: (error: Error) => void = () => undefined;
  #stopping = false;
  readonly #restarts: IPolicy;
  /** Rejects if the engine cannot continue. */
  readonly failure: Promise<never>;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.failure = new Promise((_resolve, reject) => {
      this.#failed = reject;
    });
    this.failure.catch(() => undefined);
    this.#restarts = this.#restartPolicy();
  }

  #restartPolicy(): IPolicy {
    const { telemetry, topology } = this.#parts;
    const passes = (error: Error): boolean => !this.#stopping && isRestartable(error);
    return retriesWhile(passes, RESTART_WAITS, (error, pauseMs) => {
      const code = error instanceof MillraceError ? error.code : 'INVARIANT';
      telemetry.count('task_restarts_total', 1, { topology: topology.name, code });
      telemetry.warn('a task restarts from its last commit', { why: error.message, pauseMs });
    });
  }

  /** One per partition: dictionaries are not shared between partitions. */
  async #openDecoder(): Promise<SourceDecoder> {
    const { format, topology } = this.#parts;
    const { source, watermarks } = topology;
    const { topic, eventTime } = source;
    const decoder = await format.decoder();
    return new SourceDecoder(decoder, eventTime, `source ${topic}`, watermarks.allowedAheadMs);
  }

  /** Checks the topology against its source's schema and joins the group. */
  async start(): Promise<void> {
    const { topology, codec, log, sinks, telemetry } = this.#parts;
    const topics = topicsOf(topology);
    const { schema } = await this.#openDecoder();
    checkColumns(topology, schema);
    this.#encoders = {
      prediction: await codec.columnEncoder(`${topics.predictions}-value`),
      deadLetter: await codec.encoder<DeadLetterRecord>(`${topics.deadLetters}-value`),
      late: await codec.encoder<LateRecord>(`${topics.late}-value`),
    };
    await announceBegins(topology, sinks, await PredictionsTopic.open(log, topics.predictions, codec));
    this.#subscription = log.subscribe({ groupId: groupOf(topology.name), topic: topics.source }).subscribe({
      next: (assignment) => this.#assigned(assignment),
      error: (error: Error) => this.#failed(error),
    });
    telemetry.info('engine started', { topology: topology.name, source: topics.source });
  }

  #assigned(assignment: Assignment): void {
    const name = partitionName(assignment);
    const before = this.#running.get(name)?.ended ?? Promise.resolve();
    const telemetry = this.#parts.telemetry;
    const { topology } = this.#parts;
    telemetry.count('rebalances_total', 1, { topology: topology.name });
    // The partition may be assigned again while its previous task is still ending.
    before.then(() => this.#run(assignment)).catch((error: Error) => this.#failed(error));
  }

  async #run(assignment: Assignment): Promise<void> {
    const name = partitionName(assignment);
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const nothing = (): void => undefined;
    this.#running.set(name, { stop: nothing, abandon: nothing, position: () => null, ended });
    const { control } = this.#parts;
    // All partitions of an assignment join before the first of their tasks runs, so that no boundary is decided without them.
    control.join(assignment);
    this.#countTasks();
    try {
      const claim = new Claim(assignment.generation);
      let isRead = false;
      const started = (): void => {
        if (!isRead) this.#observePause(assignment);
        isRead = true;
      };
      // After a recoverable external failure, the task restarts from its last commit, with growing pauses.
      const attempt = (): Promise<void> => this.#attempt(assignment, claim, started, ended);
      await this.#restarts.execute(attempt, assignment.revoked);
    } catch (error) {
      if (!assignment.revoked.aborted && !this.#stopping) throw error;
    } finally {
      this.#running.delete(name);
      this.#countTasks();
      control.leave(assignment, new ControlObservations(assignment.partition));
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

  async #attempt(
    assignment: Assignment,
    claim: Claim,
    started: () => void,
    ended: Promise<void>,
  ): Promise<void> {
    if (assignment.revoked.aborted || this.#stopping) return;
    const task = await this.#createTask(assignment, claim, started);
    const running = {
      stop: () => task.stop(),
      abandon: () => task.abandon(),
      position: () => task.position(),
      ended,
    };
    this.#running.set(partitionName(assignment), running);
    // The engine may have been stopped while the task was being created.
    if (this.#stopping) task.stop();
    try {
      await task.run();
    } catch (error) {
      // The task has left the control plane and will restart: boundaries must wait for it meanwhile.
      if (!this.#stopping) this.#parts.control.join(assignment);
      throw error;
    }
  }

  async #createTask(assignment: Assignment, claim: Claim, started: () => void): Promise<PartitionTask> {
    const { topology, log, codec, stores, history, sinks, hub, control, telemetry, nowMs, settings } =
      this.#parts;
    const topics = topicsOf(topology);
    const encoders = this.#encoders;
    if (encoders === null) throw new MillraceError('INVARIANT', 'the engine has started before its tasks');
    const decoder = await this.#openDecoder();
    const store = stores.open(topology.name, assignment);
    // The store checks the generation and rejects a former owner, before its writer fences that of the next owner.
    await claim.announce(store);
    const writer = await log.epochWriter(`${groupOf(topology.name)}.${partitionName(assignment)}`);
    const predictions = await PredictionsTopic.open(log, topics.predictions, codec);
    const archive = topology.source.archive === true ? history : null;
    const { name } = topology;
    const outputs = { topology: name, topics, writer, encoders, sinks, archive, telemetry, nowMs };
    return new PartitionTask({
      topology,
      log,
      assignment,
      archive,
      decoder,
      store,
      writer,
      control,
      started,
      stats: this.stats,
      telemetry,
      nowMs,
      settings,
      // Called when the writer is open and before the first prediction: no other process appends to the topic any more.
      lastPredicted: () => announceBegin(topology, sinks, predictions, assignment.partition),
      bufferedRows: () => sinks.bufferedRows,
      openModel: (version) => hub.open(version),
      flushSinks: () => sinks.flush(),
      committed: (from, to) => CommittedPredictions.read(predictions, assignment.partition, from, to),
      outputs: (committedBelow) => new EpochOutputs(outputs, committedBelow),
    });
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
    if (boundMs > 0) for (const running of this.#running.values()) running.stop();
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#parts.telemetry.warn(
          'tasks did not end in time: a restart repeats what they had not committed',
          { boundMs },
        );
        for (const running of this.#running.values()) running.abandon();
        resolve();
      }, boundMs);
    });
    await Promise.race([this.drained(), bound]).catch((error: unknown) =>
      this.#parts.telemetry.error('a task failed while stopping', { why: messageOf(error) }),
    );
    clearTimeout(timer);
    this.#subscription?.unsubscribe();
  }
}
