// A topology with views of other keys as the parts that run (control path). The front sends the events to a topic by each
// other key; an entity part for each computes the features of that key; the topology itself, which stays what it is, waits
// for them before its features stage.
import { answer, awaitAnswers } from '../operators/answers.ts';
import type { FeaturesStage } from '../operators/feature-layout.ts';
import { features } from '../operators/features.ts';
import type { Hop } from '../operators/hop.ts';
import { once } from '../operators/once.ts';
import { repartition } from '../operators/repartition.ts';
import { watermarks } from '../operators/watermarks.ts';
import { predicateReads } from '../window/predicate.ts';
import type { Topology } from './definition.ts';
import { frontStages } from './front-stages.ts';
import { hopsOf } from './hops.ts';
import { isKind } from './stage-list.ts';
import { declaredName } from './targets.ts';
import { frontName } from './topics.ts';

export interface Parts {
  /** The topology itself. */
  readonly main: Topology;
  /** The others, in the order in which they start. */
  readonly others: readonly Topology[];
}

/**
 * The parts of a topology; none but itself if all its views have their events in one partition.
 * @param partitions of topics that exist, which keep theirs
 */
export function partsOf(topology: Topology, partitions: ReadonlyMap<string, number> = new Map()): Parts {
  const { source, features: stage, target } = topology;
  const hops = hopsOf(declaredName(topology), source, stage).map((hop) => ({
    ...hop,
    partitions: partitions.get(hop.name) ?? hop.partitions,
  }));
  if (stage === null || hops.length === 0) return { main: topology, others: [] };
  // The main target sends events to the hops, and all of them read the answers.
  if (target?.isMain === false) return { main: mainPart(topology, stage, hops), others: [] };
  const others = hops.map((hop) => entityPart(topology, stage, hop));
  return { main: mainPart(topology, stage, hops), others: [...others, frontPart(topology, hops)] };
}

export function answersTopic(topology: string): string {
  return `${topology}.answers`;
}

function mainPart(topology: Topology, stage: FeaturesStage, hops: readonly Hop[]): Topology {
  const { stages } = topology;
  const name = declaredName(topology);
  const answered = stage.answeredBy(hops);
  const { when } = stage.options;
  const reads = [
    ...predicateReads(when),
    ...hops.flatMap(({ key }) => key.map((column) => `${column}: any`)),
  ];
  const at = stages.indexOf(stage);
  return {
    ...topology,
    stages: [...stages.slice(0, at), awaitAnswers(hops, when, reads), answered, ...stages.slice(at + 1)],
    features: answered,
    part: { role: 'main', topology: name, source: topology.source.topic, answers: answersTopic(name), hops },
  };
}

/** What a part has of the topology: no model, no labels, no sinks, no boundaries. */
function bare({
  control: _control,
  retraining: _retraining,
  sinks: _sinks,
  routes: _routes,
  target: _target,
  otherTargets: _others,
  ...topology
}: Topology) {
  return { ...topology, repartition: null, features: null, score: null, labels: null };
}

function frontPart(topology: Topology, hops: readonly Hop[]): Topology {
  const { name, stages, source } = topology;
  const before = stages.slice(0, stages.findIndex(isKind<FeaturesStage>('features')));
  const sent = hops.map(({ name: topic, key, partitions }, i) => ({
    ...repartition(`hop-${i}`, { key, topic, partitions, withoutKey: 'pass' }),
    // It sends columns, not the bytes of events.
    kind: 'send',
  }));
  return {
    ...bare(topology),
    name: frontName(name),
    source: { ...source, archive: false },
    stages: [...frontStages(before).stages, ...sent],
    part: { role: 'front', topology: name, source: source.topic, answers: answersTopic(name), hops },
  };
}

function entityPart(topology: Topology, stage: FeaturesStage, hop: Hop): Topology {
  const { name, source } = topology;
  const { eventTime, topic: sourceTopic } = source;
  const views = Object.fromEntries(
    hop.views.flatMap(({ name: view }) => {
      const declared = stage.options.views?.[view];
      return declared === undefined ? [] : [[view, declared] as const];
    }),
  );
  const own = features(stage.id, { when: stage.options.when, views });
  const time = watermarks('watermarks', {
    allowedLatenessMs: topology.watermarks.allowedLatenessMs,
    allowedAheadMs: Number.POSITIVE_INFINITY,
  });
  return {
    ...bare(topology),
    name: hop.name,
    source: { topic: hop.name, eventTime, partitions: hop.partitions },
    stages: [once(), time, own, answer()],
    watermarks: time,
    features: own,
    part: { role: 'entity', topology: name, source: sourceTopic, answers: answersTopic(name), hops: [hop] },
  };
}
