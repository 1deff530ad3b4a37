// Writes snapshots of the learning loop, in the elected engine (control path), and deletes what they make dispensable.
import { messageOf } from '../../core/errors.ts';
import { LOOP_SNAPSHOT_MS, OBSERVATIONS_KEPT_MS } from '../../core/loop-limits.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { NO_QUARANTINE } from '../quarantine/record-quarantine.ts';
import { storedSnapshots } from './stored-snapshots.ts';
import type { TopicRecords } from './control-link.ts';
import { firstNeeded, snapshotRecords, type Snapshot, type WrittenParts } from './snapshot-records.ts';

export interface SnapshotWriterParts {
  readonly log: EventLog;
  readonly observations: string;
  readonly loopState: string;
  /** The state at the boundary that is being decided; null if the loop cannot be snapshotted. */
  readonly take: () => Snapshot | null;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
  /** LOOP_SNAPSHOT_MS by default. */
  readonly intervalMs?: number;
  /** OBSERVATIONS_KEPT_MS by default. */
  readonly keptMs?: number;
}

/** What changes may add to the topic, in units of a whole snapshot, before the next whole one: a start reads all of it. */
const GROWTH_MAX = 1;

export class SnapshotWriter {
  readonly #parts: SnapshotWriterParts;
  readonly #intervalMs: number;
  readonly #keptMs: number;
  #takenMs = Number.NEGATIVE_INFINITY;
  /** What this term has written since the last whole snapshot. */
  #written: WrittenParts = new Map();
  #wholeBytes = 0;
  #bytes = 0;
  /** The end of the topic before a whole snapshot that is being committed; NaN if none is. */
  #before = Number.NaN;
  /** First offsets that snapshots needed, with the time at which they were committed. */
  #needed: Array<{ readonly offset: number; readonly atMs: number }> = [];

  constructor(parts: SnapshotWriterParts) {
    this.#parts = parts;
    this.#intervalMs = parts.intervalMs ?? LOOP_SNAPSHOT_MS;
    this.#keptMs = parts.keptMs ?? OBSERVATIONS_KEPT_MS;
  }

  /** A term begins: another engine may have written the last snapshot, so the next one is whole. */
  async begin(): Promise<void> {
    const { log, loopState, observations } = this.#parts;
    this.#takenMs = Number.NEGATIVE_INFINITY;
    this.#written = new Map();
    this.#needed = [];
    const [stored] = await storedSnapshots({
      log,
      loopState,
      observations,
      quarantine: NO_QUARANTINE, // the reader of the observations reports what is left out
      progress: null,
    });
    if (stored !== undefined)
      this.#needed.push({ offset: firstNeeded(stored.position), atMs: stored.writtenMs });
  }

  /** The state at the boundary that is being decided, if a snapshot is due. */
  takeIfDue(): Snapshot | null {
    const nowMs = performance.now();
    if (nowMs - this.#takenMs < this.#intervalMs) return null;
    const snapshot = this.#parts.take();
    if (snapshot !== null) this.#takenMs = nowMs;
    return snapshot;
  }

  /** Records for the transaction of the decision. */
  async records(snapshot: Snapshot): Promise<TopicRecords> {
    const { log, loopState, nowMs } = this.#parts;
    const isWhole = this.#written.size === 0 || this.#bytes > GROWTH_MAX * this.#wholeBytes;
    if (isWhole) {
      this.#written = new Map();
      this.#before = (await log.offsets(loopState))[0]?.high ?? 0;
    }
    const records = await snapshotRecords(snapshot, this.#written, nowMs());
    const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    if (isWhole) this.#wholeBytes = bytes;
    this.#bytes = isWhole ? 0 : this.#bytes + bytes;
    return { topic: loopState, records };
  }

  /** The transaction is committed. */
  async committed({ position }: Snapshot): Promise<void> {
    const { observations, loopState, nowMs } = this.#parts;
    this.#needed.push({ offset: firstNeeded(position), atMs: nowMs() });
    const before = this.#before;
    this.#before = Number.NaN;
    if (before > 0) await this.#delete(loopState, before);
    const old = this.#needed.findLastIndex(({ atMs }) => atMs <= nowMs() - this.#keptMs);
    const { offset = 0 } = this.#needed[old] ?? {};
    this.#needed = this.#needed.slice(Math.max(0, old + 1));
    if (offset > 0) await this.#delete(observations, offset);
  }

  /** A topic that grows is no reason to stop deciding. */
  async #delete(topic: string, below: number): Promise<void> {
    const { log, telemetry } = this.#parts;
    try {
      await log.deleteRecords(topic, 0, below);
      telemetry.clear('records_kept', topic);
    } catch (error) {
      telemetry.raise('records_kept', topic, messageOf(error));
    }
  }
}
