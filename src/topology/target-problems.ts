// What must hold for the targets of a topology (control path).
import { isDeepStrictEqual } from 'node:util';
import { givenTo } from '../core/definition.ts';
import { TOPOLOGY_NAME_LENGTH_MAX } from '../core/topology-limits.ts';
import { shown } from '../core/option-checks.ts';
import { suggestion, unknownKeys } from '../core/unknown-keys.ts';
import type { LabelsStage } from '../operators/labels.ts';
import type { TopologyDefinition } from './definition.ts';
import { isKind } from './stage-list.ts';
import { LEARNING_OPTIONS, targetNames, targetTopology } from './targets.ts';

/** Words that follow a topology's name in consumer groups and in the names of its parts. */
const RESERVED = ['audit', 'control', 'front', 'repartitioned', 'trainer'];
const HOP_PREFIX = 'by-';

/** A clause for each thing that is wrong with score stages, labels stages and `targets`, as far as they name each other. */
export function targetProblems({ name, stages, targets }: TopologyDefinition): string[] {
  const names = targetNames(stages);
  const labels = stages.filter(isKind<LabelsStage>('labels'));
  return [
    ...names.slice(1).flatMap((target) => nameProblems(name, target)),
    ...labels.flatMap((stage) => labelledProblems(stage, names)),
    ...(names.length > 1 ? sameLabels(labels) : []),
    ...optionProblems(targets, names),
  ];
}

function nameProblems(topology: string, target: string): string[] {
  const full = targetTopology(topology, target);
  return [
    ...(RESERVED.includes(target) || target.startsWith(HOP_PREFIX)
      ? [`score stage '${target}': the engine has other uses for ${full}: give the stage another id`]
      : []),
    ...(full.length > TOPOLOGY_NAME_LENGTH_MAX
      ? [`score stage '${target}': ${full} is longer than ${TOPOLOGY_NAME_LENGTH_MAX} characters`]
      : []),
  ];
}

function labelledProblems({ id, options: { target } }: LabelsStage, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  if (target === undefined)
    return names.length === 1
      ? []
      : [`stage '${id}' does not say which target its labels are of: target: '${names.join("' or '")}'`];
  return names.includes(target)
    ? []
    : [`stage '${id}': there is no score stage '${target}'${suggestion(target, names)}`];
}

/** One task may be of the same column in another way: whether a flight is late, and by how many minutes. */
function sameLabels(stages: readonly LabelsStage[]): string[] {
  return stages.flatMap((stage, i) => {
    const same = stages
      .slice(0, i)
      .find((other) => other.options.target !== undefined && isSame(stage.options, other.options));
    return same === undefined ||
      stage.options.target === undefined ||
      same.options.target === stage.options.target
      ? []
      : [
          `stage '${stage.id}' reads the label of target '${same.options.target}' (${stage.options.task.label.reads.join(', ')}): give each target a label of its own; models of one label compete as trainers of one target`,
        ];
  });
}

function isSame(a: LabelsStage['options'], b: LabelsStage['options']): boolean {
  return (
    a.task.name === b.task.name &&
    isDeepStrictEqual(a.task.label.reads, b.task.label.reads) &&
    isDeepStrictEqual(givenTo(a.task), givenTo(b.task)) &&
    isDeepStrictEqual(a.when, b.when)
  );
}

function optionProblems(targets: unknown, names: readonly string[]): string[] {
  if (targets === undefined) return [];
  if (typeof targets !== 'object' || targets === null || Array.isArray(targets))
    return [`targets: ${shown(targets)} is no object with options by target`];
  return Object.entries(targets).flatMap(([target, options]: [string, unknown]) => {
    const path = `targets.${target}`;
    if (!names.includes(target))
      return [`${path}: there is no score stage '${target}'${suggestion(target, names)}`];
    if (typeof options !== 'object' || options === null)
      return [`${path}: ${shown(options)} is no object of options`];
    return unknownKeys(options, Object.keys(LEARNING_OPTIONS), `option of ${path}`);
  });
}
