// What must hold for a definition before anything runs (control path).
import { NAME_LENGTH_MAX, TOPOLOGY_NAME_LENGTH_MAX } from '../core/topology-limits.ts';
import {
  checkedOptions,
  listOf,
  objectWith,
  oneOfTexts,
  shown,
  type OptionChecks,
} from '../core/option-checks.ts';
import { partsOf, problemsOf, unknownOptions, type PartTree, type Problem } from '../core/definition.ts';
import type { FeaturesStage } from '../operators/feature-layout.ts';
import type { RepartitionStage } from '../operators/repartition.ts';
import type { ScoreStage } from '../operators/score.ts';
import type { Stage } from '../operators/stage.ts';
import { suggestion } from '../core/unknown-keys.ts';
import { isScore, rangeText, taskProblems } from '../tasks/check.ts';
import type { PredictionsOptions, TopologyDefinition } from './definition.ts';
import { repartitionProblems } from './repartition-problems.ts';
import { sourceProblems } from './source-problems.ts';
import { learningProblems } from './learning-problems.ts';
import { sinkProblems } from './sink-problems.ts';
import { hopProblems } from './hop-problems.ts';
import { isKind, learningSubject, listedStages, taskOf } from './stage-list.ts';
import { orderProblems } from './stage-order.ts';
import { targetProblems } from './target-problems.ts';
import { targetDefinitions } from './targets.ts';
import { tableProblems } from './tables-of.ts';

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
  predictions: true,
  targets: true,
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
    ...partsOf(definition.drift, 'drift', at),
    ...partsOf(definition.retraining, 'retraining', at),
  ];
  const structural = [
    ...nameProblems(definition),
    ...targetProblems(definition),
    ...ofEachTarget(definition, (target) => [
      ...orderProblems(target.stages),
      ...needProblems(target),
      ...scoringProblems(target.stages),
    ]),
    ...alignmentProblems(definition),
    ...tableProblems(definition.stages),
    ...sinkProblems(definition.sinks ?? []),
    ...declarationProblems(definition),
    ...hopProblems(definition),
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

/** Clauses about single targets, with the target unless they are the same for all. */
function ofEachTarget(
  definition: TopologyDefinition,
  problemsOf: (target: TopologyDefinition) => readonly string[],
): string[] {
  const targets = targetDefinitions(definition).map(
    ({ target, definition: own }) => [target?.name, problemsOf(own)] as const,
  );
  const ofAll = (what: string): boolean => targets.every(([, problems]) => problems.includes(what));
  const clauses = targets.flatMap(([name, problems]) =>
    problems.map((what) => (ofAll(what) ? what : `target '${name}': ${what}`)),
  );
  return [...new Set(clauses)];
}

/** Lists that a definition may have, and what is in each. */
const LISTS = {
  settings: listOf(objectWith(['name', 'parse'], 'setting: use setting(name, options)')),
  metrics: listOf(objectWith(['name', 'kind', 'labels'], 'metric: use counter, gauge or duration')),
  routes: listOf(objectWith(['method', 'path', 'handler'], 'route: use route(declaration)')),
};

function declarationProblems({ settings = [], metrics = [], routes = [] }: TopologyDefinition): string[] {
  const given = { settings, metrics, routes };
  return checkedOptions(given, LISTS).problems.map(([name, what]) => `${name}: ${what}`);
}

function allProblems(tree: PartTree): Problem[] {
  return [...problemsOf(tree), ...tree.inner.flatMap((inner) => allProblems(inner))];
}

function optionProblems(definition: TopologyDefinition, at: string | null): Problem[] {
  return [
    ...unknownOptions(definition, Object.keys(DEFINITION), { path: '', at }),
    ...sourceProblems(definition.source, at),
    ...predictionsProblems(definition.predictions, at),
  ];
}

const PREDICTIONS: OptionChecks<PredictionsOptions> = { format: oneOfTexts(['avro', 'json']) };

function predictionsProblems(given: PredictionsOptions | undefined, at: string | null): Problem[] {
  if (given === undefined) return [];
  const path = 'predictions';
  const { options, problems } = checkedOptions(given, PREDICTIONS);
  return [
    ...unknownOptions(options, Object.keys(PREDICTIONS), { path, at }),
    ...problems.map(([name, what]) => ({ path: name === '' ? path : `${path}.${name}`, what, at })),
  ];
}

function nameProblems({ name, stages }: TopologyDefinition): string[] {
  const problems: string[] = [];
  if (!isName(name, TOPOLOGY_NAME_LENGTH_MAX))
    problems.push(
      `name ${shown(name)} is not up to ${TOPOLOGY_NAME_LENGTH_MAX} lower-case letters, digits and dashes`,
    );
  const ids = new Set<string>();
  for (const { id } of stages) {
    if (!isName(id, NAME_LENGTH_MAX))
      problems.push(
        `stage id ${shown(id)} is not up to ${NAME_LENGTH_MAX} lower-case letters, digits and dashes`,
      );
    if (ids.has(id)) problems.push(`stage id '${id}' is used twice`);
    ids.add(id);
  }
  return problems;
}

/** Untyped code may give anything. */
function isName(name: unknown, lengthMax: number): boolean {
  return typeof name === 'string' && NAME.test(name) && name.length <= lengthMax;
}

function needProblems(definition: TopologyDefinition): string[] {
  const { stages, retraining = false, control, drift } = definition;
  const problems: string[] = [];
  const has = (kind: string): boolean => stages.some((stage) => stage.kind === kind);
  if (has('score') && !has('features')) problems.push('a score stage needs a features stage before it');
  if (has('flatten') && has('labels')) problems.push(...flattenedKeyProblems(stages));
  if (has('labels') && !has('score')) problems.push('a labels stage needs a score stage before it');
  const hasAlerts = taskOf(stages).alerts !== undefined;
  if (has('labels') && stages.find(isKind<ScoreStage>('score'))?.options.task !== undefined)
    problems.push('the score stage has a task, which is one without labels, and there is a labels stage');
  const isRetrained = has('labels') || hasAlerts;
  if (retraining !== false && !isRetrained)
    problems.push('retraining needs a labels stage, or a score stage with a task without labels');
  const options = {
    ...(control === undefined ? {} : { control }),
    ...(drift === undefined ? {} : { drift }),
    ...(isRetrained ? { retraining } : {}),
  };
  return [...problems, ...learningProblems(options, learningSubject(stages))];
}

/** Labels join by key, and all rows of an event have its columns: the last row would take the label of all. */
function flattenedKeyProblems(stages: readonly Stage[]): string[] {
  const at = stages.findIndex(({ kind }) => kind === 'flatten');
  const key = stages.find(isKind<ScoreStage>('score'))?.options.key;
  const own = stages.slice(at).flatMap(({ adds = {} }) => Object.keys(adds));
  if (key === undefined || key === '' || own.includes(key)) return [];
  return [
    `labels join by key, and all rows that flatten makes of an event have its '${key}': score by a column of the items, or by one that is derived from both behind flatten`,
  ];
}

function scoringProblems(stages: readonly Stage[]): string[] {
  const task = taskOf(stages);
  const problems = taskProblems(task);
  const services = Object.keys(stages.find(isKind<FeaturesStage>('features'))?.options.services ?? {});
  for (const { id, options } of stages.filter(isKind<ScoreStage>('score'))) {
    const { fallback, service } = options;
    if (service !== undefined && !services.includes(service))
      problems.push(`stage '${id}': there is no service '${service}'${suggestion(service, services)}`);
    if (fallback !== undefined && !isScore(fallback, task.output))
      problems.push(
        `the fallback ${fallback} of stage '${id}' is not ${rangeText(task.output)}, as a score of '${task.name}' is`,
      );
  }
  return problems;
}

function alignmentProblems({ name, control }: TopologyDefinition): string[] {
  const others: unknown = control?.with ?? [];
  if (!Array.isArray(others) || others.length === 0) return [];
  const problems: string[] = [];
  if (control?.mode !== 'aligned')
    problems.push('it waits for other topologies, and its control is not aligned');
  if (others.some((other: unknown) => nameOf(other) === name)) problems.push('it waits for itself');
  return problems;
}

function nameOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'name' in value ? value.name : null;
}
