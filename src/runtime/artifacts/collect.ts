// Removes the artifacts that no update names any more (control path).
import type { EventLog } from '../../ports/event-log.ts';
import type { StoredArtifact } from '../../ports/artifact-store.ts';
import type { OwnRecords } from '../own-records.ts';
import type { ModelUpdateRecord } from '../records.ts';
import type { Artifacts } from './artifacts.ts';

export interface CollectionParts {
  readonly log: Pick<EventLog, 'offsets' | 'read' | 'partitionCounts'>;
  /** Of the model updates. */
  readonly topic: string;
  readonly records: Pick<OwnRecords<ModelUpdateRecord>, 'read'>;
  readonly artifacts: Artifacts;
  readonly nowMs: () => number;
  /** Younger artifacts stay: their updates may be on the way. */
  readonly keptMs: number;
}

/** SHA-256 of the artifacts that the newest update of each version names; versions whose updates were deleted have none. */
async function namedArtifacts({ log, topic, records }: CollectionParts): Promise<Set<string>> {
  const named = new Map<string, string>();
  if (!(await log.partitionCounts([topic])).has(topic)) return new Set();
  const [range] = await log.offsets(topic);
  for await (const raw of log.read(topic, 0, range?.low ?? 0, range?.high ?? 0)) {
    for (const row of raw.offsets.keys()) {
      const key = raw.keys.at(row)?.toString('base64') ?? '';
      const update = await records.read(raw, row);
      // A record that cannot be read may be that of a later version of the engine: it removes nothing.
      if (raw.values.at(row) === null || (update !== null && update.artifact === null)) named.delete(key);
      else if (update?.artifact) named.set(key, update.artifact.sha256);
    }
  }
  return new Set(named.values());
}

export interface Unnamed {
  readonly artifacts: readonly StoredArtifact[];
  /** Unix ms: what was written later may be named by an update that is on the way. */
  readonly writtenMs: number;
}

/** What the store has and no update names. */
export async function unnamedArtifacts(parts: CollectionParts): Promise<Unnamed> {
  const writtenMs = parts.nowMs() - parts.keptMs;
  // Listed first: what is written meanwhile is not among them.
  const stored = await parts.artifacts.store.list();
  const named = await namedArtifacts(parts);
  const artifacts = stored.filter(
    (artifact) => !named.has(artifact.sha256) && artifact.writtenMs <= writtenMs,
  );
  return { artifacts, writtenMs };
}

/** What was left by writers that ended early, in the store. */
export function removeUnfinished({ artifacts, nowMs, keptMs }: CollectionParts): Promise<void> {
  return artifacts.store.removeUnfinished(nowMs() - keptMs);
}

/** The files of this machine that no update names, which an engine fetched or began to fetch. */
export async function removeUnnamedFiles(parts: CollectionParts): Promise<void> {
  const beforeMs = parts.nowMs() - parts.keptMs;
  const named = await namedArtifacts(parts);
  await parts.artifacts.removeFiles((sha256) => named.has(sha256), beforeMs);
}
