// Control boundaries of one topology (control path): the learning loop that decides them, the link through which tasks
// reach it, and the publisher of what was decided, for one engine alone or for a fleet of them.
import { messageOf } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import { BoundaryRecords } from '../../runtime/boundaries/boundary-output.ts';
import type { ControlLink } from '../../runtime/boundaries/control-link.ts';
import { ControlPlane } from '../../runtime/boundaries/control-plane.ts';
import { DirectPublisher } from '../../runtime/boundaries/direct-publisher.ts';
import { ElectedPublisher, type ElectedPublisherParts } from '../../runtime/boundaries/elected-publisher.ts';
import { FleetControl } from '../../runtime/boundaries/fleet-control.ts';
import { lastReported } from '../../runtime/boundaries/last-reported.ts';
import type { ObservationsRecord } from '../../runtime/boundaries/observation-record.ts';
import type { Snapshot } from '../../runtime/boundaries/snapshot-records.ts';
import { SnapshotWriter, type SnapshotWriterParts } from '../../runtime/boundaries/snapshot-writer.ts';
import { LearningLoop } from '../../runtime/learning/learning-loop.ts';
import type { ModelFollower } from '../../runtime/models/model-follower.ts';
import { OwnRecords, unchecked } from '../../runtime/own-records.ts';
import type { DriftReportRecord, RetrainingJobRecord } from '../../runtime/records.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf, topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';

/**
 * `fleet`: boundaries are decided from the observations topic, alike in any number of engines and across restarts.
 * `process`: boundaries are decided in memory, for a single engine that starts from scratch each time.
 */
export type ControlScope = 'fleet' | 'process';

/** When the loop's state is written and observations are deleted, if not by default. */
export type SnapshotTimes = Pick<SnapshotWriterParts, 'intervalMs' | 'keptMs'>;

export interface Boundaries {
  readonly loop: LearningLoop;
  readonly link: ControlLink;
  start(): void;
  /** No further boundary is decided; tasks that wait at one may go on. */
  stopDeciding(): void;
  /** Closes the publisher, after the engine has stopped. */
  close(): Promise<void>;
}

/** @param failed called with an error that a restart would meet again */
export async function openBoundaries(
  topology: Topology,
  adapters: Adapters,
  follower: ModelFollower,
  scope: ControlScope,
  failed: (error: Error) => void,
  snapshots: SnapshotTimes = {},
): Promise<Boundaries> {
  const { log, history, telemetry } = adapters;
  const records = await openRecords(topology, adapters);
  // The topologies that this one is aligned with run in other processes.
  const isFleet = scope === 'fleet' || (topology.control?.with ?? []).length > 0;
  const elected = isFleet
    ? await openElected(topology, adapters, records, follower, {
        readTo: () => fleet?.offsetNext ?? 0,
        snapshots: openSnapshots(topology, adapters, snapshots, () => {
          const parts = loop.snapshot();
          return parts === null || fleet === null ? null : { position: fleet.position(), parts };
        }),
        failed,
      })
    : null;
  const publisher = elected ?? new DirectPublisher(log, records);
  const loop = new LearningLoop({
    topology,
    history,
    publisher,
    telemetry,
    nowMs: Date.now,
    outcome: (version) => follower.outcome(version),
    promoted: () => follower.promoted(),
  });
  const fleet: FleetControl | null = isFleet ? await openFleet(topology, adapters, loop, failed) : null;
  return {
    loop,
    link: fleet ?? openControlPlane(topology, adapters, loop),
    start(): void {
      fleet?.start();
      if (topology.control !== undefined) elected?.start();
    },
    stopDeciding(): void {
      loop.close();
      fleet?.close();
    },
    close: () => publisher.close(),
  };
}

function openControlPlane(topology: Topology, adapters: Adapters, loop: LearningLoop): ControlPlane {
  const { log, telemetry } = adapters;
  const hasEvents = async ({ partition }: TopicPartition): Promise<boolean> => {
    const range = (await log.offsets(topology.source.topic))[partition];
    return range !== undefined && range.high > range.low;
  };
  return new ControlPlane(topology.control?.mode ?? 'live', loop, hasEvents, (error) =>
    telemetry.raise('decision_failed', topology.name, messageOf(error)),
  );
}

async function openFleet(
  topology: Topology,
  { log, codec, telemetry, quarantines }: Adapters,
  loop: LearningLoop,
  failed: (error: Error) => void,
): Promise<FleetControl> {
  const topic = topicsOf(topology).observations;
  return new FleetControl({
    source: topology.source,
    name: topology.name,
    others: topology.control?.with ?? [],
    mode: topology.control?.mode ?? 'live',
    log,
    encoder: await codec.encoder<ObservationsRecord>(`${topic}-value`),
    decoder: await codec.decoder<ObservationsRecord>(`${topic}-value`),
    keeper: loop,
    loop,
    telemetry,
    quarantine: quarantines.of(topology.name),
    nowMs: Date.now,
    failed,
  });
}

function openSnapshots(
  topology: Topology,
  { log, telemetry }: Adapters,
  times: SnapshotTimes,
  take: () => Snapshot | null,
): SnapshotWriter {
  const { observations, loopState } = topicsOf(topology);
  return new SnapshotWriter({ log, observations, loopState, take, telemetry, nowMs: Date.now, ...times });
}

async function openRecords(
  topology: Topology,
  { codec, history, telemetry }: Adapters,
): Promise<BoundaryRecords> {
  const topics = topicsOf(topology);
  return new BoundaryRecords({
    topology: topology.name,
    topics,
    jobs: await codec.encoder<RetrainingJobRecord>(`${topics.retrainingJobs}-value`),
    driftReports: await codec.encoder<DriftReportRecord>(`${topics.driftReports}-value`),
    history,
    telemetry,
    nowMs: Date.now,
  });
}

async function openElected(
  topology: Topology,
  { log, codec, history, telemetry, quarantines }: Adapters,
  records: BoundaryRecords,
  follower: ModelFollower,
  { readTo, snapshots, failed }: Pick<ElectedPublisherParts, 'readTo' | 'snapshots' | 'failed'>,
): Promise<ElectedPublisher> {
  const { observations, driftReports } = topicsOf(topology);
  const decoder = await codec.decoder<DriftReportRecord>(`${driftReports}-value`);
  const reports = new OwnRecords(decoder, unchecked, quarantines.of(topology.name));
  return new ElectedPublisher({
    groupId: `${groupOf(topology.name)}.control`,
    topic: observations,
    log,
    history,
    records,
    lastReported: () => lastReported(log, { topic: driftReports, partition: 0 }, reports),
    isDecided: (version) => follower.outcome(version) !== null,
    readTo,
    snapshots,
    telemetry,
    failed,
  });
}
