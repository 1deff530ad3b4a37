// Merges one partition of a topic (control path around the merge): reads the row groups of all tasks that repartition into
// it, and writes their rows in order to the same partition of the merged topic. The rows and the position are one
// transaction, so each row is written once, whatever happens to the process. It keeps no state but its position's metadata:
// rows that wait are read again.
import type { RawBatch } from '../../core/batch.ts';
import { MillraceError } from '../../core/errors.ts';
import {
  MERGE_BYTES_MAX,
  MERGE_COMMIT_MS,
  MERGE_POLL_MS,
  MERGE_QUEUE_BYTES_MAX,
  MERGE_ROWS_MAX,
  MERGE_SOURCES_MAX,
} from '../../core/merge-limits.ts';
import type { Assignment, EpochWriter, EventLog } from '../../ports/event-log.ts';
import type { Quarantine, RecordFault } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Merge } from '../../topology/merge.ts';
import { partitionName } from '../../core/topic-partition.ts';
import { quarantineRow } from '../own-records.ts';
import { RawQueue } from '../task/raw-queue.ts';
import { loadRows } from './load-rows.ts';
import { MergeReports } from './merge-reports.ts';
import { MergedRecords } from './merged-records.ts';
import { MergedRuns } from './merged-runs.ts';
import { packState, type MergedRow } from './merge-state.ts';
import type { MergeSource } from './merge-source.ts';
import { Merger, type Stop } from './merger.ts';
import {
  isNewest,
  NOTHING_MERGED,
  recoveredMerge,
  restoredFrom,
  type RestoredMerge,
} from './restored-merge.ts';
import { readGroup, type RowGroup } from './row-group.ts';
import { SourceEnds } from './source-ends.ts';

export interface SequencerParts {
  readonly merge: Merge;
  /** Of the topic before the merge. */
  readonly assignment: Assignment;
  readonly log: Pick<
    EventLog,
    'ends' | 'partitionCounts' | 'topicId' | 'offsets' | 'read' | 'deleteRecords' | 'committedOffsets'
  >;
  readonly writer: EpochWriter;
  /** Called when it starts to read. */
  readonly started: () => void;
  readonly telemetry: Telemetry;
  readonly quarantine: Quarantine;
  /** Monotonic, ms. */
  readonly clock: () => number;
}

const UNREADABLE: RecordFault = { reason: 'malformed', detail: 'it cannot be read' };
const FOREIGN: RecordFault = { reason: 'foreign', detail: 'its source is none of the topology' };

export class Sequencer {
  readonly #parts: SequencerParts;
  readonly #queue = new RawQueue();
  readonly #merger: Merger;
  readonly #ends: SourceEnds;
  readonly #reports: MergeReports;
  readonly #merged: MergedRecords;
  /** As of the last commit of an earlier run. */
  #restored: RestoredMerge = NOTHING_MERGED;
  /** Everything before it is taken. */
  #position = 0;
  /** The newest row of the merged topic; null if it is not known. */
  #last: MergedRow | null = null;
  /** The position at the last commit. */
  #committedPosition = 0;
  #committedMs: number;
  #stopping = false;

  constructor(parts: SequencerParts) {
    this.#parts = parts;
    const { merge, log, assignment, telemetry, clock } = parts;
    this.#merger = new Merger(clock);
    this.#ends = new SourceEnds(log, merge.sources, merge.isShared, merge.waitMs, clock);
    this.#reports = new MergeReports(merge.topic, assignment.partition, telemetry, clock);
    this.#merged = new MergedRecords(log, assignment, telemetry, clock);
    this.#committedMs = clock();
  }

  /** Runs until the partition is revoked or `stop` is called. */
  async run(): Promise<void> {
    const { assignment, writer } = this.#parts;
    const interrupt = (): void => this.#queue.interrupt();
    assignment.revoked.addEventListener('abort', interrupt);
    try {
      const from = await this.#restore();
      this.#parts.started();
      this.#queue.open({
        fetches: assignment.open(from),
        pause: () => assignment.pause(),
        resume: () => assignment.resume(),
      });
      let waitMs = MERGE_POLL_MS;
      while (!this.#stopping && !assignment.revoked.aborted && !this.#queue.drained)
        waitMs = await this.#step(waitMs);
      if (this.#stopping) await this.#merged.delete();
    } finally {
      assignment.revoked.removeEventListener('abort', interrupt);
      this.#queue.close();
      this.#reports.close();
      await writer.close();
    }
  }

  /** Requests the end of the run: what is being committed is committed. */
  stop(): void {
    this.#stopping = true;
    this.#queue.interrupt();
  }

  /** @returns where to read from */
  async #restore(): Promise<number> {
    const { merge, assignment, writer, log, telemetry } = this.#parts;
    const { topic, partition } = assignment;
    const committed = await writer.committed(merge.groupId, { topic, partition });
    await this.#ends.add(this.#merger);
    const { low, high } = (await log.offsets(topic))[partition] ?? { low: 0, high: 0 };
    const isThere = committed !== null && committed.offset >= low && committed.offset <= high;
    const stored = isThere ? restoredFrom(committed) : null;
    const restored = stored !== null && (await isNewest(merge, partition, log, stored.last)) ? stored : null;
    const where = partitionName(assignment);
    if (isThere && restored === null)
      telemetry.warn(
        stored === null
          ? 'the position of a merge was written by another client: it is found again'
          : 'the position of a merge is older than what it has merged: it is found again',
        { where },
      );
    if (committed !== null && !isThere)
      telemetry.raise(
        'records_skipped',
        where,
        `the merge was at offset ${committed.offset}, and the topic has ${low} to ${high}`,
      );
    // What is not merged is not deleted: it is in the topic, from its first record on.
    const from = restored === null ? low : (committed?.offset ?? low);
    const { sources } = this.#merger;
    this.#restored = restored ?? (await recoveredMerge({ merge, at: { topic, partition }, log, sources }));
    this.#committedPosition = restored?.position ?? 0;
    this.#last = this.#restored.last;
    for (const state of this.#restored.sources)
      if (!this.#ends.isFormer(state)) this.#merger.source(state).progress = state.progress;
    this.#position = from;
    return from;
  }

  /** Takes what was fetched, and releases what can be. Returns how long to wait for the next fetch, ms. */
  async #step(waitMs: number): Promise<number> {
    let raw = await this.#queue.next(waitMs);
    const isIdle = raw === undefined;
    while (raw !== undefined) {
      await this.#take(raw);
      raw =
        this.#queue.isEmpty || this.#merger.bytes > MERGE_QUEUE_BYTES_MAX
          ? undefined
          : await this.#queue.next(0);
    }
    // Rows that waited then are not all back: others would overtake them.
    const isRestored = this.#position >= this.#restored.position;
    const stop: Stop = isRestored ? await this.#release(isIdle) : { kind: 'empty' };
    this.#merger.unload(MERGE_QUEUE_BYTES_MAX);
    this.#reports.report(this.#merger, stop);
    await this.#merged.deleteIfDue();
    if (stop.kind !== 'waits') return MERGE_POLL_MS;
    const dueMs = this.#ends.waitMs(stop.source.heardMs);
    return dueMs > 0 ? Math.min(dueMs, MERGE_POLL_MS) : MERGE_POLL_MS;
  }

  async #take(raw: RawBatch): Promise<void> {
    const { quarantine } = this.#parts;
    for (let i = 0; i < raw.count; i++) {
      const place = raw.offsets[i] as number;
      const value = raw.values.at(i);
      // A copy, as the fetch has more than rows that wait.
      const group = value === null ? UNREADABLE : readGroup(Buffer.from(value));
      const isGroup = !('reason' in group);
      if (
        isGroup &&
        (this.#ends.isKnown(group.source) || (await this.#ends.learn(group.source, this.#merger)))
      )
        this.#add(group, place, value?.length ?? 0);
      else if (!isGroup || !this.#ends.isFormer(group.source))
        quarantineRow(quarantine, raw, i, isGroup ? FOREIGN : group);
    }
    this.#position = Math.max(this.#position, raw.offsetNext);
  }

  #add(group: RowGroup, place: number, bytes: number): void {
    const source = this.#merger.source(group.source);
    const isAgain = place < this.#restored.position;
    this.#merger.add(source, group, place, bytes, isAgain ? this.#restored.released(group, place) : 0);
    if (!isAgain || group.offsetNext > (source.progress?.offsetNext ?? 0)) this.#merger.heard(source, group);
  }

  async #release(isIdle: boolean): Promise<Stop> {
    for (;;) {
      if (this.#parts.assignment.revoked.aborted) return { kind: 'empty' };
      const runs = new MergedRuns();
      const stop = await this.#releaseTo(runs);
      await this.#commit(runs, isIdle);
      if (stop.kind !== 'full' || this.#stopping) return stop;
    }
  }

  async #releaseTo(runs: MergedRuns): Promise<Stop> {
    for (const source of this.#merger.sources) source.isQuiet = false;
    let isMarked = false;
    for (;;) {
      const stop = this.#merger.release(runs, MERGE_ROWS_MAX, MERGE_BYTES_MAX);
      if (stop.kind === 'unloaded') await this.#load(stop.source);
      else if (stop.kind !== 'waits' || isMarked || this.#ends.waitMs(stop.source.heardMs) > 0) return stop;
      else if (await this.#ends.markQuiet(this.#merger)) isMarked = true;
      else return stop;
    }
  }

  async #load({ head }: MergeSource): Promise<void> {
    const { log, assignment } = this.#parts;
    if (head !== undefined)
      await loadRows(this.#merger, head.place, this.#position, (from, to) =>
        log.read(assignment.topic, assignment.partition, from, to),
      );
  }

  /** The rows, and the position of the first that waits, are one transaction. */
  async #commit(runs: MergedRuns, isIdle: boolean): Promise<void> {
    const { merge, assignment, writer, telemetry, clock } = this.#parts;
    const isDue = isIdle || clock() - this.#committedMs >= MERGE_COMMIT_MS;
    if (runs.count === 0 && !(isDue && this.#position > this.#committedPosition)) return;
    this.#assertBounded();
    const { topic, partition } = assignment;
    if (runs.count > 0) writer.append(merge.topic, runs.block(partition, merge.isKeyedByPlace));
    const from = this.#merger.firstPlace(this.#position);
    const last = runs.last ?? this.#last;
    const state = packState(this.#position, this.#merger.sources, last);
    await writer.commit(merge.groupId, { topic, partition }, from, state);
    this.#committedPosition = this.#position;
    this.#last = last;
    this.#merged.neededFrom = from;
    this.#committedMs = clock();
    telemetry.count('events_merged_total', runs.count, { topic: merge.topic });
  }

  /** Beyond it a broker refuses the metadata of the offset. */
  #assertBounded(): void {
    const { length } = this.#merger.sources;
    if (length <= MERGE_SOURCES_MAX) return;
    throw new MillraceError('LOG_FAILED', `${length} partitions are merged, more than ${MERGE_SOURCES_MAX}`, {
      where: this.#parts.merge.topic,
      remedy: "Set order: 'arrival' in the repartition stage.",
    });
  }
}
