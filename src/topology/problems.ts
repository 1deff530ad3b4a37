// What must hold for a definition before anything runs (control path).
import { partsOf, problemsOf, unknownOptions, type PartTree, type Problem } from '../core/definition.ts';
import { repartitionedTopic, type RepartitionStage } from '../operators/repartition.ts';
import type { ScoreStage } from '../operators/score.ts';
import type { Stage } from '../operators/stage.ts';
import { isScore, rangeText, taskProblems } from '../tasks/check.ts';
import type { TopologyDefinition } from './definition.ts';
import { driftProblems } from './drift-problems.ts';
import { sourceProblems, topicProblems } from './source-problems.ts';
import { learningProblems } from './learning-settings.ts';
import { sinkProblems } from './sink-problems.ts';
import { isKind, learningSubject, listedStages, taskOf } from './stage-list.ts';
import { orderProblems } from './stage-order.ts';

type Names<T> = Readonly<Record<keyof T, true>>;

const DEFINITION: Names<TopologyDefinition> = {
  name: true,
  source: true,
  stages: true,
  control: true,
  drift: true,
  retraining: true,
  settings: true,
  metrics: true,
  routes: true,
  sinks: true,
};
const NAME = /^[a-z][a-z0-9-]*$/;

/**
 * Every problem of a definition but those of columns.
 * @param at where it is defined
 */
export function definitionProblems(definition: TopologyDefinition, at: string | null): Problem[] {
  const parts = [
    ...partsOf(definition.source, 'source', at),
    ...partsOf(listedStages(definition.stages), 'stages', at),
  ];
  const structural = [
    ...nameProblems(definition),
    ...orderProblems(definition.stages),
    ...needProblems(definition),
    ...alignmentProblems(definition),
    ...sinkProblems(definition.sinks ?? []),
    ...scoringProblems(definition.stages),
    ...driftProblems(definition.drift),
    ...definition.stages
      .filter(isKind<RepartitionStage>('repartition'))
      .flatMap((stage) => repartitionProblems(definition, stage)),
  ];
  return [
    ...optionProblems(definition, at),
    ...parts.flatMap((part) => allProblems(part)),
    ...structural.map((what) => ({ path: '', what, at })),
  ];
}

function allProblems(tree: PartTree): Problem[] {
  return [...problemsOf(tree), ...tree.inner.flatMap((inner) => allProblems(inner))];
}

function optionProblems(definition: TopologyDefinition, at: string | null): Problem[] {
  return [
    ...unknownOptions(definition, Object.keys(DEFINITION), { path: '', at }),
    ...sourceProblems(definition.source, at),
  ];
}

function nameProblems({ name, stages }: TopologyDefinition): string[] {
  const problems: string[] = [];
  if (!NAME.test(name)) problems.push(`name '${name}' is not lower-case letters, digits and dashes`);
  const ids = new Set<string>();
  for (const { id } of stages) {
    if (!NAME.test(id)) problems.push(`stage id '${id}' is not lower-case letters, digits and dashes`);
    if (ids.has(id)) problems.push(`stage id '${id}' is used twice`);
    ids.add(id);
  }
  return problems;
}

function needProblems(definition: TopologyDefinition): string[] {
  const { stages, retraining = false } = definition;
  const problems: string[] = [];
  const has = (kind: string): boolean => stages.some((stage) => stage.kind === kind);
  if (has('score') && !has('features')) problems.push('a score stage needs a features stage before it');
  if (has('labels') && !has('score')) problems.push('a labels stage needs a score stage before it');
  if (retraining !== false && !has('labels')) problems.push('retraining needs a labels stage');
  else problems.push(...learningProblems(definition, learningSubject(stages)));
  return problems;
}

function scoringProblems(stages: readonly Stage[]): string[] {
  const task = taskOf(stages);
  const problems = taskProblems(task);
  for (const { id, options } of stages.filter(isKind<ScoreStage>('score'))) {
    const { fallback } = options;
    if (fallback !== undefined && !isScore(fallback, task.output))
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
  problems.push(...topicProblems(topic).map((problem) => `stage '${id}': ${problem}`));
  if (topic === source.topic) problems.push(`stage '${id}' repartitions into the topology's own source`);
  // What begins so is written by the engine, now or in a later version.
  else if (topic.startsWith(`${name}.`) && topic !== `${name}.repartitioned`)
    problems.push(`stage '${id}' repartitions into ${topic}, and ${name}.* are the topology's own topics`);
  return problems;
}
