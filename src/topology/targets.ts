// The targets of a topology (control path): what it scores events for. Each score stage is one, named by the stage's id. A
// topology with several of them is one topology for each, over the same source: they share the stages before the score
// stages, and each has a model, labels, learning settings, offsets and topics of its own.
import { MillraceError } from '../core/errors.ts';
import { suggestion } from '../core/unknown-keys.ts';
import type { LabelsStage } from '../operators/labels.ts';
import type { ScoreStage } from '../operators/score.ts';
import type { Stage } from '../operators/stage.ts';
import type { Target, Topology, TopologyDefinition } from './definition.ts';
import { MAIN_ALONE } from './front-stages.ts';
import type { LearningOptions } from './learning-options.ts';
import { isKind } from './stage-list.ts';

const isScoreStage = isKind<ScoreStage>('score');
const isLabelsStage = isKind<LabelsStage>('labels');

/** The id that a score stage has without one of its own. */
const MAIN_ID = 'score';

/** The learning options of a topology, by name. */
export const LEARNING_OPTIONS: Readonly<Record<keyof LearningOptions, true>> = {
  control: true,
  drift: true,
  retraining: true,
};

/** The ids of the score stages, that of the main target first: the one with the default id, or else the first in the list. */
export function targetNames(stages: readonly Stage[]): readonly string[] {
  const ids = stages.filter(isScoreStage).map(({ id }) => id);
  const main = ids.includes(MAIN_ID) ? MAIN_ID : ids[0];
  return main === undefined ? [] : [main, ...ids.filter((id) => id !== main)];
}

/** The name of the topology that scores a target which is not the main one. */
export function targetTopology(topology: string, target: string): string {
  return `${topology}.${target}`;
}

/** The definition of one target. */
export interface TargetDefinition {
  /** Null where there are not several. */
  readonly target: Target | null;
  readonly definition: TopologyDefinition;
}

/** A definition by targets, the main one first; as it is if it has not several. */
export function targetDefinitions(given: TopologyDefinition): readonly TargetDefinition[] {
  const { targets, ...definition } = given;
  const names = targetNames(definition.stages);
  if (names.length < 2) {
    const own = names[0] === undefined ? {} : learningOf(targets, names[0]);
    return [{ target: null, definition: { ...definition, ...own } }];
  }
  return names.map((name, i) => {
    const target = { name, topology: definition.name, isMain: i === 0, others: [] };
    return {
      target,
      definition: {
        ...(target.isMain ? definition : shared(definition, name)),
        stages: stagesOf(definition.stages, target),
        ...learningOf(targets, name),
      },
    };
  });
}

/** What a topology has of the one that declares it: routes and the archive are the main target's. */
function shared({ routes: _routes, ...definition }: TopologyDefinition, target: string): TopologyDefinition {
  const { name, source } = definition;
  return {
    ...definition,
    name: targetTopology(name, target),
    source: source.archive === undefined ? source : { ...source, archive: false },
  };
}

/** The options of a target that are its own, in place of the topology's. Untyped code may give anything. */
function learningOf(targets: TopologyDefinition['targets'], name: string): LearningOptions {
  if (typeof targets !== 'object' || targets === null || !Object.hasOwn(targets, name)) return {};
  const options = targets[name];
  if (typeof options !== 'object' || options === null) return {};
  const known = Object.entries(options).filter(
    ([option, value]) => option in LEARNING_OPTIONS && value !== undefined,
  );
  return Object.fromEntries(known) as LearningOptions; // its own keys
}

/** The stages of a target: of score and labels stages its own, and no stage whose effects belong to the topology itself. */
function stagesOf(stages: readonly Stage[], { name, isMain }: Target): readonly Stage[] {
  return stages.filter((stage) => {
    if (isScoreStage(stage)) return stage.id === name;
    if (isLabelsStage(stage)) return stage.options.target === name;
    return isMain || !MAIN_ALONE.includes(stage.kind);
  });
}

/** All targets of a topology, itself first. */
export function targetsOf(topology: Topology): readonly Topology[] {
  return [topology, ...(topology.otherTargets ?? [])];
}

/** The name of the topology that declares this one. */
export function declaredName({ name, target }: Pick<Topology, 'name' | 'target'>): string {
  return target?.topology ?? name;
}

/** A version of a model, as the audit log names it: with its target, where there are several. */
export function modelSubject({ target }: Pick<Topology, 'target'>, version: string): string {
  return target === undefined ? `model ${version}` : `model ${version} of target ${target.name}`;
}

/** @throws CONFIG_INVALID if there is no such target, or several and none is named */
export function targetNamed(topology: Topology, target: string | undefined): Topology {
  const targets = targetsOf(topology);
  const names = targets.flatMap(({ score }) => score?.id ?? []);
  if (target === undefined) {
    if (targets.length === 1) return topology;
    throw new MillraceError('CONFIG_INVALID', `the topology has several targets: ${names.join(', ')}`, {
      where: topology.name,
      remedy: `Name one: --target ${names[0] ?? ''}.`,
    });
  }
  const found = targets.find(({ score }) => score?.id === target);
  if (found !== undefined) return found;
  throw new MillraceError('CONFIG_INVALID', `there is no target '${target}'${suggestion(target, names)}`, {
    where: topology.name,
    remedy: 'Name the id of a score stage.',
  });
}

/** The target of that name, or the main one if none is named. @throws CONFIG_INVALID if there is no such target */
export function targetOr(topology: Topology, target: string | undefined): Topology {
  return target === undefined ? topology : targetNamed(topology, target);
}
