// Publishes what boundaries led to, once in a fleet (control path). Every engine decides the same, and keeps it until it
// is known to be out: the one that publishes may die before it has, and the next one does. The one partition of the
// observations elects, and the group's offset there is where publishing stands: it names the boundary, and is committed
// in one transaction with what that boundary led to. A new leader fences the one before it, then reads it.
import { BOUNDARIES_RETAINED_MAX } from '../../core/limits.ts';
import type { Assignment, EpochWriter, EventLog } from '../../ports/event-log.ts';
import type { History } from '../../ports/history.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { BoundaryOutput, BoundaryPublisher, BoundaryRecords } from './boundary-output.ts';
import { Election } from './election.ts';

export interface ElectedPublisherParts {
  readonly groupId: string;
  /** The observations: one partition. */
  readonly topic: string;
  readonly log: EventLog;
  readonly history: History | null;
  readonly records: BoundaryRecords;
  /** Whether a version has its outcome already: nobody waits for its job. */
  readonly isDecided: (version: string) => boolean;
  /** Offset up to which this engine has read the observations. */
  readonly readTo: () => number;
  readonly telemetry: Telemetry;
}

export class ElectedPublisher implements BoundaryPublisher {
  readonly #parts: ElectedPublisherParts;
  /** In the order of their boundaries. */
  readonly #waiting: BoundaryOutput[] = [];
  /** Of what was given up as there was no room, the newest boundary, ms. */
  #droppedMs = Number.NEGATIVE_INFINITY;
  #changed = Promise.withResolvers<void>();
  #leads = false;
  readonly #election: Election;

  constructor(parts: ElectedPublisherParts) {
    this.#parts = parts;
    const { log, groupId, topic, telemetry } = parts;
    const lead = (assignment: Assignment, ends: AbortSignal): Promise<void> => this.#lead(assignment, ends);
    this.#election = new Election({ log, groupId, topic, telemetry, lead });
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Stands for election. */
  start(): void {
    this.#election.start();
  }

  /** Kept until it is out; waits where this engine leads and is behind by as much as it may keep. */
  async publish(output: BoundaryOutput): Promise<void> {
    const { reports, metrics, job } = output;
    if (reports.length === 0 && metrics.length === 0 && job === null) return;
    while (this.#leads && this.#waiting.length >= BOUNDARIES_RETAINED_MAX) await this.#changed.promise;
    this.#waiting.push(output);
    if (this.#waiting.length > BOUNDARIES_RETAINED_MAX)
      this.#droppedMs = this.#waiting.shift()?.atMs as number;
    this.#tell();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async #lead(assignment: Assignment, ends: AbortSignal): Promise<void> {
    const tell = (): void => this.#tell();
    ends.addEventListener('abort', tell);
    try {
      await this.#serve(assignment, ends);
    } finally {
      ends.removeEventListener('abort', tell);
    }
  }

  async #serve(assignment: Assignment, ends: AbortSignal): Promise<void> {
    const { log, groupId, telemetry } = this.#parts;
    const writer = await log.epochWriter(groupId);
    try {
      const at = await writer.committed(groupId, assignment);
      let reportedMs = at === null ? Number.NEGATIVE_INFINITY : Number(at.metadata);
      telemetry.info('this engine leads', {
        group: groupId,
        reported: at === null ? 'nothing' : new Date(reportedMs).toISOString(),
      });
      if (this.#droppedMs > reportedMs) {
        telemetry.error('boundaries were not reported: nobody led for longer than an engine keeps them', {
          from: new Date(reportedMs).toISOString(),
          to: new Date(this.#droppedMs).toISOString(),
        });
      }
      this.#leads = true;
      for (;;) {
        while (this.#waiting.length === 0 && !ends.aborted) await this.#changed.promise;
        if (ends.aborted) return;
        reportedMs = await this.#publishWaiting(writer, assignment, reportedMs);
      }
    } finally {
      this.#leads = false;
      this.#tell();
      await writer.close();
    }
  }

  /** All that waits, in one transaction; the boundary that was reported last. */
  async #publishWaiting(writer: EpochWriter, at: Assignment, reportedMs: number): Promise<number> {
    const { groupId, records, history, isDecided, readTo } = this.#parts;
    const taken = this.#waiting.slice();
    const due = taken.map(({ atMs, reports, metrics, job }) => ({
      atMs,
      reports: atMs > reportedMs ? reports : [],
      metrics: atMs > reportedMs ? metrics : [],
      // Whoever led before may have come to it: the trainer passes over a job that is decided.
      job: job === null || isDecided(job.version) ? null : job,
    }));
    const lastMs = Math.max(reportedMs, taken.at(-1)?.atMs ?? reportedMs);
    const out = records.of(due);
    records.record(due);
    if (out.length > 0) {
      // History has it first: what is committed is also there, whoever dies when.
      await history?.flush();
      for (const of of out) writer.append(of.topic, of.records);
      await writer.commit(groupId, at, readTo(), String(lastMs));
      records.count(due);
    }
    this.#waiting.splice(0, taken.length);
    this.#tell();
    return lastMs;
  }

  close(): Promise<void> {
    return this.#election.close();
  }
}
