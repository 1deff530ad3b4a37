// What a topology is, and what must hold for it before anything runs (control path).
import type { Columns } from '../core/columns.ts';
import type { Declares } from '../core/declares.ts';
import { MillraceError } from '../core/errors.ts';
import type { FeaturesStage } from '../operators/feature-layout.ts';
import type { LabelsStage } from '../operators/labels.ts';
import { repartitionedTopic, type RepartitionStage } from '../operators/repartition.ts';
import type { ScoreStage } from '../operators/score.ts';
import type { Stage } from '../operators/stage.ts';
import type { WatermarksStage } from '../operators/watermarks.ts';
import { rangeText, taskProblems } from '../tasks/check.ts';
import type { Task } from '../tasks/task.ts';
import { unlabelled } from '../tasks/unlabelled.ts';
import type { Route } from '../ports/route.ts';
import { checkColumns } from './check-columns.ts';
import { schemaOf } from './columns-schema.ts';
import type { LearningOptions, LearningSettings } from './learning-options.ts';
import { learningProblems, learningSettings, type LearningSubject } from './learning-settings.ts';
import { withDefaults, type Source, type SourceOptions } from './source.ts';
import type { CheckedStages } from './typed-stages.ts';

/** What a topology has besides its source and its stages. */
export interface TopologySettings extends Declares, LearningOptions {
  /** REST routes that are served on the engine's port, beside its own. */
  readonly routes?: readonly Route[];
}

export interface TopologyDefinition extends TopologySettings {
  /** Lower-case letters, digits and dashes: it prefixes topics, keys and metric labels. */
  readonly name: string;
  readonly source: SourceOptions;
  readonly stages: readonly Stage[];
}

/** A topology over a source whose columns the compiler knows. */
export interface TopologyOptions<C extends Columns, S extends readonly Stage[]> extends TopologySettings {
  /** Lower-case letters, digits and dashes: it prefixes topics, keys and metric labels. The topic's by default. */
  readonly name?: string;
  readonly stages: CheckedStages<C, S>;
}

/**
 * A definition that holds: its options complete, and its stages found by kind.
 * @typeParam C the columns of its source
 */
export interface Topology<C extends Columns = Columns>
  extends Omit<TopologyDefinition, keyof LearningOptions>, LearningSettings {
  readonly source: Source<C>;
  readonly watermarks: WatermarksStage;
  readonly repartition: RepartitionStage | null;
  readonly features: FeaturesStage | null;
  readonly score: ScoreStage | null;
  readonly labels: LabelsStage | null;
  /** That of the labels stage; `unlabelled` without one. */
  readonly task: Task;
}

const NAME = /^[a-z][a-z0-9-]*$/;
const KINDS_IN_ORDER = ['contract', 'dedupe', 'watermarks', 'repartition', 'features', 'score', 'labels'];

const KINDS_AT_MOST_ONE = ['watermarks', 'repartition', 'features', 'score', 'labels'];

function isKind<S extends Stage>(kind: S['kind']): (stage: Stage) => stage is S {
  return (stage): stage is S => stage.kind === kind;
}

function problemsOf(of: TopologyDefinition): string[] {
  const problems: string[] = [];
  if (!NAME.test(of.name)) problems.push(`name '${of.name}' is not lower-case letters, digits and dashes`);
  const ids = new Set<string>();
  let reached = 0;
  for (const { id, kind } of of.stages) {
    if (!NAME.test(id)) problems.push(`stage id '${id}' is not lower-case letters, digits and dashes`);
    if (ids.has(id)) problems.push(`stage id '${id}' is used twice`);
    ids.add(id);
    const at = KINDS_IN_ORDER.indexOf(kind);
    if (at < 0) continue;
    if (at < reached) problems.push(`stage '${id}' (${kind}) comes after ${KINDS_IN_ORDER[reached]}`);
    reached = Math.max(reached, at);
  }
  const count = (kind: string): number => of.stages.filter((stage) => stage.kind === kind).length;
  const has = (kind: string): boolean => count(kind) > 0;
  for (const kind of KINDS_AT_MOST_ONE)
    if (count(kind) > 1) problems.push(`there is more than one ${kind} stage`);
  if (!has('watermarks')) problems.push('there is no watermarks stage: event time needs one');
  if (has('score') && !has('features')) problems.push('a score stage needs a features stage before it');
  if (has('labels') && !has('score')) problems.push('a labels stage needs a score stage before it');
  const retrains = of.retraining !== undefined && of.retraining !== false;
  if (retrains && !has('labels')) problems.push('retraining needs a labels stage');
  else problems.push(...learningProblems(of, subjectOf(of)));
  problems.push(...alignmentProblems(of), ...scoringProblems(of));
  for (const stage of of.stages.filter(isKind<RepartitionStage>('repartition')))
    problems.push(...repartitionProblems(of, stage));
  return problems;
}

function taskOf({ stages }: TopologyDefinition): Task {
  return stages.find(isKind<LabelsStage>('labels'))?.options.task ?? unlabelled;
}

function subjectOf(definition: TopologyDefinition): LearningSubject {
  const features = definition.stages.find(isKind<FeaturesStage>('features'));
  return { task: taskOf(definition), featureCount: features?.features.length ?? 0 };
}

function scoringProblems(definition: TopologyDefinition): string[] {
  const task = taskOf(definition);
  const problems = taskProblems(task);
  const { low, high } = task.output;
  for (const { id, options } of definition.stages.filter(isKind<ScoreStage>('score'))) {
    const { fallback } = options;
    if (fallback !== undefined && !(fallback >= low && fallback <= high))
      problems.push(
        `the fallback ${fallback} of stage '${id}' is not ${rangeText(task.output)}, as a score of '${task.name}' is`,
      );
  }
  return problems;
}

function alignmentProblems({ name, control }: TopologyDefinition): string[] {
  const others = control?.with ?? [];
  if (others.length === 0) return [];
  const problems: string[] = [];
  if (control?.mode !== 'aligned')
    problems.push('it waits for other topologies, and its control is not aligned');
  if (others.some((other) => other.name === name)) problems.push('it waits for itself');
  return problems;
}

function repartitionProblems(
  { name, source }: TopologyDefinition,
  { id, options }: RepartitionStage,
): string[] {
  const problems: string[] = [];
  const { key, partitions } = options;
  const topic = repartitionedTopic(name, options);
  if (key.length === 0) problems.push(`stage '${id}' has no column to repartition by`);
  if (!Number.isInteger(partitions) || partitions < 1)
    problems.push(`stage '${id}' repartitions over ${partitions} partitions`);
  if (topic === source.topic) problems.push(`stage '${id}' repartitions into the topology's own source`);
  // What begins so is written by the engine, now or in a later version.
  else if (topic.startsWith(`${name}.`) && topic !== `${name}.repartitioned`)
    problems.push(`stage '${id}' repartitions into ${topic}, and ${name}.* are the topology's own topics`);
  return problems;
}

/** A topic's name in the letters that a topology's may have. */
function nameOf(topic: string): string {
  return topic.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
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
  if (!('topic' in first)) return checked({ ...first, source: withDefaults(first.source) });
  const { name = nameOf(first.topic), stages = [], ...settings } = options ?? {};
  return checked({ ...settings, name, source: first, stages });
}

function checked(definition: TopologyDefinition & { readonly source: Source }): Topology {
  const problems = [...new Set(problemsOf(definition))];
  const watermarks = definition.stages.find(isKind<WatermarksStage>('watermarks'));
  if (problems.length > 0 || watermarks === undefined) {
    throw new MillraceError('TOPOLOGY_INVALID', problems.join('; '), {
      where: `topology ${definition.name}`,
    });
  }
  const { control: _control, drift: _drift, retraining: _retraining, ...declared } = definition;
  const topology: Topology = {
    ...declared,
    ...learningSettings(definition, subjectOf(definition)),
    watermarks,
    repartition: definition.stages.find(isKind<RepartitionStage>('repartition')) ?? null,
    features: definition.stages.find(isKind<FeaturesStage>('features')) ?? null,
    score: definition.stages.find(isKind<ScoreStage>('score')) ?? null,
    labels: definition.stages.find(isKind<LabelsStage>('labels')) ?? null,
    task: taskOf(definition),
  };
  const { schema } = definition.source;
  if (schema !== undefined) checkColumns(topology, schemaOf(schema));
  return topology;
}
