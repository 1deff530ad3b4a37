// Applies the erasures of a topology to one partition (control path). Its owner does it, before it processes anything: no other
// process writes its state, its outputs or its data keys then. In this order, so that a crash at any instant repeats what is
// not done: the state, the data keys, the record that says so.
import { partitionName } from '../../core/topic-partition.ts';
import { StateLost } from '../../core/lost-state.ts';
import type { Assignment, EpochWriter, EventLog } from '../../ports/event-log.ts';
import type { EventArchive } from '../../ports/history.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/define.ts';
import { visibleSchema } from '../../topology/sensitive-columns.ts';
import { erasuresTopic, groupOf } from '../../topology/topics.ts';
import type { Protection } from '../personal/protection.ts';
import { sourceOf } from '../recovery/restore-point.ts';
import { reachBack } from '../recovery/seek-back.ts';
import { NO_EPOCH } from '../recovery/source-identity.ts';
import type { StateDamage } from '../recovery/state-damage.ts';
import type { SourceDecoder } from '../task/source-decoder.ts';
import { entityRows, identifying } from './entity-rows.ts';
import { entityDigest, ErasedRows } from './erased-rows.ts';
import { erasureLogRecord, type AppliedErasure, type ErasureRequest } from './erasure-record.ts';
import type { Erasures } from './erasures.ts';
import { erasedUpTo, markErased, openStages, PipelineErasure } from './state-erasure.ts';

export interface ApplyParts {
  readonly topology: Topology;
  readonly log: EventLog;
  readonly assignment: Pick<Assignment, 'topic' | 'partition' | 'generation'>;
  readonly store: StateStore;
  /** Open: what older owners had under way has ended. */
  readonly writer: Pick<EpochWriter, 'committed'>;
  /** Null if the source is not archived. */
  readonly archive: EventArchive | null;
  readonly decoder: SourceDecoder;
  readonly protection: Protection;
  readonly erasures: Erasures;
  readonly damage: Pick<StateDamage, 'lost'>;
  readonly telemetry: Telemetry;
  readonly rebuildWholeRowsMax: number;
  /** Stores what this process has buffered of rows for the history. */
  readonly flushSinks: () => Promise<void>;
  readonly nowMs: () => number;
}

/** What is erased in a partition: which rows, and up to which request. */
export interface AppliedErasures {
  readonly rows: ErasedRows | null;
  readonly sequence: number;
}

export const NOTHING_ERASED: AppliedErasures = { rows: null, sequence: 0 };

/** @throws STORE_LOST if the state is damaged: its owner rebuilds it, without what is erased */
export async function applyErasures(parts: ApplyParts): Promise<AppliedErasures> {
  const { topology, log, assignment, store, erasures, telemetry, nowMs } = parts;
  const { name, source } = topology;
  const { partition } = assignment;
  const topicId = await log.topicId(source.topic);
  const column = source.entity ?? '';
  const checkpoint = erasures.sequence === 0 ? null : await store.restore(assignment.generation);
  const { sequence } = erasures; // of the pending ones: more may come while they are applied
  const pending = erasures.pending(partition, topicId, checkpoint === null ? null : erasedUpTo(checkpoint));
  if (pending.length > 0) {
    // A task that failed may have left rows of the entity, which must not come after the command has deleted the others.
    await parts.flushSinks();
    const below = await offsetsBelow(parts, pending, checkpoint);
    const rows = new ErasedRows(name, column, below);
    if (checkpoint !== null) await eraseState(parts, checkpoint, rows, { pending, sequence });
    const isErased = (entity: string): boolean => below.has(entityDigest(name, entity));
    await parts.protection.destroyKeys(partition, isErased);
    const applied = pending.map((request): AppliedErasure => {
      const { digest, sequence: ofRequest } = request;
      return {
        kind: 'applied',
        digest,
        topicId,
        partition,
        below: below.get(digest) ?? 0,
        sequence: ofRequest,
      };
    });
    const records = applied.map((record) => erasureLogRecord(record, nowMs()));
    await log.publish(erasuresTopic(name), records);
    for (const record of applied) erasures.add(record);
    telemetry.info('entities were erased from a partition', {
      partition: partitionName(assignment),
      entities: pending.length,
    });
  }
  return { rows: erasures.rowsOf(name, column, { partition, topicId }), sequence };
}

/** By digest: everything that is committed, and what the topic had when the erasure was requested. */
async function offsetsBelow(
  { topology, assignment, writer, erasures }: ApplyParts,
  pending: readonly ErasureRequest[],
  checkpoint: Checkpoint | null,
): Promise<Map<string, number>> {
  const { partition } = assignment;
  const committed = (await writer.committed(groupOf(topology.name), assignment))?.offset ?? 0;
  const least = Math.max(committed, checkpoint?.offsetNext ?? 0);
  return new Map(
    pending.map((request) => {
      const applied = erasures.applied(partition, request);
      return [request.digest, applied?.below ?? Math.max(least, request.ends[partition] ?? 0)];
    }),
  );
}

async function eraseState(
  parts: ApplyParts,
  checkpoint: Checkpoint,
  rows: ErasedRows,
  { pending, sequence }: { readonly pending: readonly ErasureRequest[]; readonly sequence: number },
): Promise<void> {
  const { topology, log, assignment, store, damage, decoder, protection, telemetry } = parts;
  const { name, source } = topology;
  const { epoch, offsetNext, watermarkMs, modelVersion } = checkpoint;
  const pipeline = openStages(topology, visibleSchema(decoder.schema, source), assignment, telemetry);
  try {
    const erasure = new PipelineErasure(pipeline, {
      column: source.entity ?? '',
      values: pending.flatMap(({ entity }) => entity ?? []),
      predictionKey: topology.score?.options.key ?? null,
    });
    if (epoch !== NO_EPOCH) {
      const archive =
        parts.archive === null ? null : await protection.archive(assignment.partition, parts.archive);
      const treat = identifying(name, source, protection.hash);
      const scanned = { log, archive, decoder, treat };
      const reach = { ...parts, archive, source: sourceOf(topology, assignment) };
      const back = await reachBack(reach, { offset: offsetNext, watermarkMs });
      for await (const batch of entityRows(scanned, reach.source, rows, back.offset ?? 0, offsetNext))
        erasure.collect(batch);
    }
    const delta = await erasure.changes(store);
    markErased(delta.stages, sequence);
    await store.commit({ epoch, offsetNext, watermarkMs, modelVersion }, delta);
  } catch (error) {
    if (error instanceof StateLost) await damage.lost(store, error);
    throw error;
  } finally {
    await pipeline.close();
  }
}
