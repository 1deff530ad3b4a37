// Defines a topology: checks it, and finds its stages (control path).
import type { Columns } from '../core/columns.ts';
import { placeOf, type Problem } from '../core/definition.ts';
import type { FeaturesStage } from '../operators/feature-layout.ts';
import type { LabelsStage } from '../operators/labels.ts';
import type { RepartitionStage } from '../operators/repartition.ts';
import type { ScoreStage } from '../operators/score.ts';
import type { Stage } from '../operators/stage.ts';
import type { WatermarksStage } from '../operators/watermarks.ts';
import { columnProblems, columnsRemedy } from './check-columns.ts';
import { isSchema } from './source-problems.ts';
import { schemaOf } from './columns-schema.ts';
import { learningSettings } from './learning-settings.ts';
import { definitionProblems } from './problems.ts';
import { refuse } from './refuse.ts';
import type { Topology, TopologyDefinition, TopologyOptions } from './definition.ts';
import { withDefaults, type Source } from './source.ts';
import { isKind, learningSubject, taskOf, withScoredService, withWatermarks } from './stage-list.ts';
import { withOthers } from './target-models.ts';
import { targetDefinitions, type TargetDefinition } from './targets.ts';
import { joinProblems } from './join-problems.ts';
import { windowProblems } from './window-problems.ts';

export type { PredictionsOptions, Topology, TopologyDefinition, TopologyOptions } from './definition.ts';

/** A topic's name in the letters that a topology's may have. */
function nameOf(topic: unknown): string {
  return typeof topic === 'string' ? topic.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') : 'unnamed';
}

/**
 * Checks a topology and finds its stages. All problems are reported at once.
 * @example defineTopology(payments, { stages: [contract([required('card')]), features({ ... }), score({ key: 'id' })] })
 * @throws MillraceError TOPOLOGY_INVALID
 */
export function defineTopology<C extends Columns, const S extends readonly Stage[]>(
  source: Source<C>,
  options: TopologyOptions<C, S>,
): Topology<C>;
export function defineTopology(definition: TopologyDefinition): Topology;
export function defineTopology(
  first: Source | TopologyDefinition,
  options?: Partial<Omit<TopologyDefinition, 'source'>>,
): Topology {
  const at = placeOf(new Error('defined here'));
  const given = 'topic' in first ? { name: nameOf(first.topic), ...options, source: first } : first;
  refuse(given.name, shapeProblems(given, at));
  return checked(given as TopologyDefinition, at); // its shape has just been checked
}

/** What a definition in JavaScript may lack. */
function shapeProblems({ source, stages }: Partial<TopologyDefinition>, at: string | null): Problem[] {
  const problem = (path: string, what: string): Problem => ({ path, what, at });
  if (typeof source !== 'object' || source === null) return [problem('source', 'there is no source')];
  if (!Array.isArray(stages)) return [problem('stages', 'there is no list of stages')];
  return stages.flatMap((stage: unknown, i) => {
    const missing = ['id', 'kind', 'reads', 'open'].find((key) => !hasKey(stage, key));
    return missing === undefined ? [] : [problem(`stages[${i}]`, `it is no stage: it has no '${missing}'`)];
  });
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && key in value;
}

function checked(given: TopologyDefinition, at: string | null): Topology {
  const source = withDefaults(given.source);
  const definition = { ...given, source, stages: withWatermarks(given.stages) };
  const problems = definitionProblems(definition, at);
  const schema = source.schema !== undefined && isSchema(source.schema) ? schemaOf(source.schema) : null;
  const ofColumns = schema === null ? [] : columnProblems(definition, schema, at);
  const remedy = schema === null || ofColumns.length === 0 ? undefined : columnsRemedy(definition, schema);
  // Windows can be opened once the stages are sound by themselves.
  const areSound = problems.every(({ path }) => !path.startsWith('stages'));
  const ofLateness = areSound
    ? [...windowProblems(definition.stages), ...joinProblems(definition.stages)]
    : [];
  refuse(definition.name, [...problems, ...ofColumns, ...ofLateness], remedy);
  const [main, ...others] = withOthers(targetDefinitions(definition).map(complete)) as [
    Topology,
    ...Topology[],
  ]; // one at least
  return others.length === 0 ? main : { ...main, otherTargets: others };
}

/** The topology of one target, of a definition that holds. */
function complete({ target, definition }: TargetDefinition): Topology {
  const { control: _control, drift: _drift, retraining: _retraining, ...others } = definition;
  const stages = withScoredService(definition.stages);
  return {
    ...others,
    ...(target === null ? {} : { target }),
    source: withDefaults(definition.source),
    stages,
    ...learningSettings(definition, learningSubject(stages)),
    // withWatermarks has seen to it that there is one.
    watermarks: stages.find(isKind<WatermarksStage>('watermarks')) as WatermarksStage,
    repartition: stages.find(isKind<RepartitionStage>('repartition')) ?? null,
    features: stages.find(isKind<FeaturesStage>('features')) ?? null,
    score: stages.find(isKind<ScoreStage>('score')) ?? null,
    labels: stages.find(isKind<LabelsStage>('labels')) ?? null,
    task: taskOf(stages),
  };
}
