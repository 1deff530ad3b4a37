// Publishes the results of boundaries once in a fleet (control path). Every engine decides the same, and keeps its results
// until they are known to be published: the leader may die first, and then the next one publishes them. The single
// partition of the observations elects the leader. The group's offset there records the progress: its metadata is the
// last published boundary, committed in one transaction with that boundary's results. A new leader fences the previous
// one, then reads the offset.
import { BOUNDARIES_RETAINED_MAX } from '../../core/loop-limits.ts';
import { instantText, isInstant } from '../../core/time.ts';
import type { Assignment, EpochWriter, EventLog } from '../../ports/event-log.ts';
import type { History } from '../../ports/history.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { BoundaryOutput, BoundaryPublisher, BoundaryRecords } from './boundary-output.ts';
import { Election } from './election.ts';
import type { Snapshot } from './snapshot-records.ts';
import type { SnapshotWriter } from './snapshot-writer.ts';

export interface ElectedPublisherParts {
  readonly groupId: string;
  /** The observations topic, of one partition. */
  readonly topic: string;
  readonly log: EventLog;
  readonly history: History | null;
  readonly records: BoundaryRecords;
  /** Whether the outcome of a version is known already: its job is not needed any more. */
  readonly isDecided: (version: string) => boolean;
  /** Event time of the newest boundary whose reports are in the log, ms; -Infinity if there is none. */
  readonly lastReported: () => Promise<number>;
  /** The offset up to which this engine has read the observations. */
  readonly readTo: () => number;
  readonly telemetry: Telemetry;
  /** Null if the loop's state is not snapshotted. */
  readonly snapshots: SnapshotWriter | null;
  /** Called with an error that a restart would meet again. */
  readonly failed: (error: Error) => void;
}

interface Waiting extends BoundaryOutput {
  /** The loop's state after the boundary, if it is to be written with it. */
  readonly snapshot: Snapshot | null;
}

export class ElectedPublisher implements BoundaryPublisher {
  readonly #parts: ElectedPublisherParts;
  /** Results that wait to be published, in the order of their boundaries. */
  readonly #waiting: Waiting[] = [];
  /** The newest boundary whose results were dropped because the list was full, ms. */
  #droppedMs = Number.NEGATIVE_INFINITY;
  #changed = Promise.withResolvers<void>();
  #leads = false;
  readonly #election: Election;

  constructor(parts: ElectedPublisherParts) {
    this.#parts = parts;
    const { log, groupId, topic, telemetry, failed } = parts;
    const lead = (assignment: Assignment, ends: AbortSignal): Promise<void> => this.#lead(assignment, ends);
    this.#election = new Election({ log, groupId, topic, telemetry, lead, failed });
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Stands for election. */
  start(): void {
    this.#election.start();
  }

  /** Keeps the output until it is published; a leader waits while its list is full. */
  async publish(output: BoundaryOutput): Promise<void> {
    const { reports, metrics, job } = output;
    const snapshot = this.#leads ? (this.#parts.snapshots?.takeIfDue() ?? null) : null;
    if (reports.length === 0 && metrics.length === 0 && job === null && snapshot === null) return;
    while (this.#leads && this.#waiting.length >= BOUNDARIES_RETAINED_MAX) await this.#changed.promise;
    this.#waiting.push({ ...output, snapshot });
    if (this.#waiting.length > BOUNDARIES_RETAINED_MAX)
      this.#droppedMs = this.#waiting.shift()?.atMs as number;
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async #lead(assignment: Assignment, ends: AbortSignal): Promise<void> {
    const notify = (): void => this.#notify();
    ends.addEventListener('abort', notify);
    try {
      await this.#serve(assignment, ends);
    } finally {
      ends.removeEventListener('abort', notify);
    }
  }

  async #serve(assignment: Assignment, ends: AbortSignal): Promise<void> {
    const { log, groupId, telemetry } = this.#parts;
    const writer = await log.epochWriter(groupId);
    try {
      const at = await writer.committed(groupId, assignment);
      // A broker that has just come back may answer with an older position than the newest, or with none.
      let reportedMs = Math.max(reportedBoundary(at?.metadata ?? ''), await this.#parts.lastReported());
      telemetry.info('this engine leads', {
        group: groupId,
        reported: isInstant(reportedMs) ? instantText(reportedMs) : 'nothing',
      });
      if (this.#droppedMs > reportedMs) {
        telemetry.error(
          'boundaries were not reported: there was no leader for longer than an engine keeps their results',
          {
            from: instantText(reportedMs),
            to: instantText(this.#droppedMs),
          },
        );
      }
      await this.#parts.snapshots?.begin();
      this.#leads = true;
      for (;;) {
        while (this.#waiting.length === 0 && !ends.aborted) await this.#changed.promise;
        if (ends.aborted) return;
        reportedMs = await this.#publishWaiting(writer, assignment, reportedMs);
      }
    } finally {
      this.#leads = false;
      this.#notify();
      await writer.close();
    }
  }

  /** Publishes everything that waits, in one transaction. Returns the boundary that was reported last. */
  async #publishWaiting(writer: EpochWriter, at: Assignment, reportedMs: number): Promise<number> {
    const { groupId, records, history, isDecided, readTo, snapshots } = this.#parts;
    const taken = this.#waiting.slice();
    let lastMs = reportedMs;
    const jobs = new Set<string>();
    const due = taken.map(({ atMs, reports, metrics, job }) => {
      // A boundary may wait twice: a loop that goes back to a snapshot decides it again.
      const isNew = atMs > lastMs;
      lastMs = Math.max(lastMs, atMs);
      // The previous leader may have published a job: the trainer skips one that is decided.
      const isDue = job !== null && !isDecided(job.version) && !jobs.has(job.version);
      if (isDue) jobs.add(job.version);
      return { atMs, reports: isNew ? reports : [], metrics: isNew ? metrics : [], job: isDue ? job : null };
    });
    const out = records.of(due);
    records.record(due);
    const snapshot = taken.findLast((waiting) => waiting.snapshot !== null)?.snapshot ?? null;
    if (snapshot !== null && snapshots !== null) out.push(await snapshots.records(snapshot));
    if (out.length > 0) {
      // The history first: what is committed is then in the history as well, even after a crash.
      await history?.flush();
      for (const { topic, records: appended } of out) writer.append(topic, appended);
      await writer.commit(groupId, at, readTo(), String(lastMs));
      records.count(due);
      if (snapshot !== null) await snapshots?.committed(snapshot);
    }
    this.#waiting.splice(0, taken.length);
    this.#notify();
    return lastMs;
  }

  close(): Promise<void> {
    return this.#election.close();
  }
}

/** Anyone who may commit for the group may have written the metadata: what is no instant says nothing. */
function reportedBoundary(metadata: string): number {
  const atMs = metadata === '' ? Number.NaN : Number(metadata);
  return isInstant(atMs) ? atMs : Number.NEGATIVE_INFINITY;
}
