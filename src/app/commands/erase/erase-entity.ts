// `millrace erase` (control path). In this order, so that a run that is interrupted can be repeated: the events are found while
// their archive can still be read; the request is in the log, and from then on nothing brings the entity back; every partition
// is erased by its owner; the rows are deleted; the name of the entity is removed from the request.
import { text as readText } from 'node:stream/consumers';
import { MillraceError } from '../../../core/errors.ts';
import { ENTITY_BYTES_MAX } from '../../../core/key-limits.ts';
import type { Schema } from '../../../core/schema.ts';
import { keyOfNumber } from '../../../operators/key-column.ts';
import type { EventArchive } from '../../../ports/history.ts';
import { atStart } from '../../../resilience/retries.ts';
import { withAddedPartitions } from '../../../runtime/added-partitions.ts';
import { AuditLog } from '../../../runtime/audit/audit-log.ts';
import { entityDigest } from '../../../runtime/erasure/erased-rows.ts';
import { openStages, stagesThatKeep } from '../../../runtime/erasure/state-erasure.ts';
import { openSourceDecoder } from '../../../runtime/task/source-decoder.ts';
import { openProtection, type PersonalKeys } from '../../../runtime/personal/protection.ts';
import { sharedArchive } from '../../../runtime/shared-archive.ts';
import type { Topology } from '../../../topology/define.ts';
import { declaredName, targetsOf } from '../../../topology/targets.ts';
import { treatmentOf, visibleSchema } from '../../../topology/sensitive-columns.ts';
import { topicSpecs } from '../../../topology/topics.ts';
import { isEmbedded, openAdapters, openFormat, type Adapters } from '../../compose/adapters.ts';
import { lockFolder } from '../../compose/folder-lock.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { operator } from '../../compose/operator.ts';
import { openParts } from '../../compose/parts.ts';
import type { Config } from '../../settings/config.ts';
import { EntityEvents } from './entity-events.ts';
import { erasureReport, type ErasureReport, reportText } from './erasure-report.ts';
import { eraseFromFront, frontOf } from './erase-front.ts';
import { applyEverywhere, openErasures } from './own-partitions.ts';
import { forget, publishRequest } from './requests.ts';
import { rewriteFiles } from './rewrite-files.ts';

export async function eraseEntity(file: string, key: string, config: Config, asJson: boolean): Promise<void> {
  const declared = await loadTopology(file);
  const column = entityColumn(declared);
  const given = key === '-' ? (await readText(process.stdin)).replace(/\r?\n$/, '') : key;
  requireUsable(given);
  const unlock = isEmbedded(config) ? await lockFolder(config.dataFolder) : null;
  try {
    const adapters = await openAdapters(config, { eventsInMemory: false });
    const reports: ErasureReport[] = [];
    try {
      const { log, telemetry } = adapters;
      // The main target last: it destroys the keys of the archive that all of them read.
      for (const target of targetsOf(declared).toReversed()) {
        const topology = await withAddedPartitions(target, log, telemetry);
        const front = frontOf(await openParts(target, log, telemetry));
        reports.unshift(await erase({ topology, front, column, declared }, given, adapters));
      }
    } finally {
      await adapters.close();
    }
    // Before the files, which may fail: what is erased is erased.
    const [main, ...targets] = reports;
    const json = targets.length === 0 ? main : { ...main, targets };
    process.stdout.write(asJson ? `${JSON.stringify(json, null, 2)}\n` : reports.map(reportText).join('\n'));
    await rewriteFiles(config);
  } finally {
    await unlock?.();
  }
}

/** @throws CONFIG_INVALID if the source does not say whose its events are */
function entityColumn({ name, source }: Topology): string {
  if (source.entity !== undefined) return source.entity;
  throw new MillraceError(
    'CONFIG_INVALID',
    'its source does not name the column that says whose an event is',
    {
      where: `topology ${name}`,
      remedy: "Declare the sensitive columns and the entity: sensitive: { card: 'hash' }, entity: 'card'.",
    },
  );
}

function requireUsable(entity: string): void {
  if (entity !== '' && Buffer.byteLength(entity) <= ENTITY_BYTES_MAX) return;
  throw new MillraceError('CONFIG_INVALID', `an entity has 1 to ${ENTITY_BYTES_MAX} bytes`, {
    where: 'KEY',
    remedy: 'Give the value of the entity column.',
  });
}

/** The entity as stages see it: its hash, if the column is hashed. A hash is taken as it is. */
function entityOf(
  { source }: Topology,
  schema: Schema,
  column: string,
  given: string,
  { hash }: PersonalKeys,
): string {
  const isHashed = treatmentOf(source, column) === 'hash' && hash !== null;
  if (isHashed && hash.isHash(given)) return given;
  const entity = schema[column]?.kind === 'number' ? keyOfNumber(given) : given;
  if (entity === null)
    throw new MillraceError('CONFIG_INVALID', `the entity column '${column}' has numbers, and KEY is none`, {
      where: 'KEY',
      remedy: 'Give a number, true or false, or an ISO instant.',
    });
  return isHashed ? hash.of(entity) : entity;
}

/** What the topology's state is rebuilt from, besides its topic; null for nothing. */
function archiveOf(
  { target }: Topology,
  { name: topology, source }: Topology,
  { log, codec, history: archive }: Adapters,
  personal: PersonalKeys,
): EventArchive | null {
  if (source.archive !== true) return null;
  return target?.isMain === false ? sharedArchive({ archive, topology, log, codec, personal }) : archive;
}

interface Erased {
  readonly topology: Topology;
  /** Null for a topology without views of other keys. */
  readonly front: Topology | null;
  readonly column: string;
  /** The topology of the main target, which archives the events. */
  readonly declared: Topology;
}

async function erase(
  { topology, front, column, declared }: Erased,
  given: string,
  adapters: Adapters,
): Promise<ErasureReport> {
  const { log, codec, telemetry } = adapters;
  const { name, source } = topology;
  const personal = await adapters.personalKeys(topology);
  await atStart(() => log.ensureTopics(topicSpecs(topology)));
  const format = openFormat(topology, adapters.schemas);
  if (adapters.embedsRegistry) await format.register();
  const quarantine = adapters.quarantines.of(name);
  const protection = openProtection({ topology, log, codec, quarantine, nowMs: Date.now, personal });
  if (protection === null) throw new MillraceError('INVARIANT', 'a source with an entity is protected');
  const { schema } = await openSourceDecoder(topology, format);
  const entity = entityOf(topology, schema, column, given, personal);
  const digest = entityDigest(name, entity);
  const { erasures, listen } = await openErasures(name, adapters);
  try {
    const audit = await AuditLog.open(declaredName(topology), { log, codec, nowMs: Date.now });
    const change = {
      ...operator(),
      action: 'erasure',
      subject: `entity ${digest}${topology.target === undefined ? '' : ` of target ${topology.target.name}`}`,
      before: null,
    } as const;
    await audit.record({ ...change, after: { state: 'requested' } });
    const events = new EntityEvents({ topology, column, entity, adapters, format, protection });
    await events.find();
    const ofFront = front === null ? null : { front, adapters, format, personal, entity };
    // First: it finds events in the archive, which cannot be read when the topology has destroyed its keys.
    const belowInFront = ofFront === null ? [] : await eraseFromFront(ofFront, null);
    const request = await publishRequest(log, topology, erasures, { digest, entity });
    await events.find(request.ends);
    const archive = archiveOf(topology, declared, adapters, personal);
    const owned = { topology, adapters, format, protection, erasures, request, archive };
    const applied = await applyEverywhere(owned, listen);
    // What came since is erased by both.
    const below = applied.map((one) => one.below);
    if (ofFront !== null && below.some((offset, i) => offset > (belowInFront[i] ?? 0)))
      await eraseFromFront(ofFront, below);
    const keptStages = async (): Promise<string[]> => {
      const origin = { topic: source.topic, partition: 0 };
      const pipeline = openStages(topology, visibleSchema(schema, source), origin, telemetry);
      await pipeline.close();
      return stagesThatKeep(pipeline);
    };
    await events.found(below);
    const rows = await events.eraseRows();
    await forget(log, name, request);
    const models = await adapters.registry.list(name);
    const report = erasureReport({
      topology,
      column,
      digest,
      applied,
      rows,
      models,
      keeps: await keptStages(),
    });
    await audit.record({ ...change, after: { state: 'erased', partitions: report.partitions, rows } });
    return report;
  } finally {
    erasures.close();
  }
}
