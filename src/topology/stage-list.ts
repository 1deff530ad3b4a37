// The stages of a topology by kind (control path).
import type { FeaturesStage } from '../operators/feature-layout.ts';
import type { LabelsStage } from '../operators/labels.ts';
import type { ScoreStage } from '../operators/score.ts';
import type { Stage } from '../operators/stage.ts';
import { watermarks } from '../operators/watermarks.ts';
import type { Task } from '../tasks/task.ts';
import { unlabelled } from '../tasks/unlabelled.ts';
import type { LearningSubject } from './learning-settings.ts';

/** The order of the engine's own kinds; others may stand anywhere. */
export const KINDS_IN_ORDER: readonly string[] = [
  'contract',
  'dedupe',
  'watermarks',
  'profile',
  'repartition',
  'features',
  'score',
  'labels',
];

/** Kinds that compute columns from the event alone, and drop nothing. */
export const COMPUTING_KINDS: readonly string[] = ['derive', 'map'];

export function isKind<S extends Stage>(kind: S['kind']): (stage: Stage) => stage is S {
  return (stage): stage is S => stage.kind === kind;
}

/** What a topology predicts: the task of its labels stage, or of its score stage where there are no labels. */
export function taskOf(stages: readonly Stage[]): Task {
  const labels = stages.find(isKind<LabelsStage>('labels'));
  return labels?.options.task ?? stages.find(isKind<ScoreStage>('score'))?.options.task ?? unlabelled;
}

/** What the defaults of learning depend on. A service that does not exist is another check's problem. */
export function learningSubject(stages: readonly Stage[]): LearningSubject {
  const features = stages.find(isKind<FeaturesStage>('features'));
  const service = stages.find(isKind<ScoreStage>('score'))?.options.service ?? '';
  const isNarrowed = Object.hasOwn(features?.options.services ?? {}, service);
  const scored = isNarrowed ? features?.ofService(service) : features;
  return { task: taskOf(stages), features: scored?.features ?? [] };
}

/** Stands for the stage that a definition leaves out. It keeps no state of its own, so all topologies share it. */
const IMPLIED_WATERMARKS = watermarks();

/** The stages with a watermarks stage: as they are, or with one right behind contract and dedupe. */
export function withWatermarks(stages: readonly Stage[]): readonly Stage[] {
  if (stages.some(({ kind }) => kind === 'watermarks')) return stages;
  const at = stages.findLastIndex(({ kind }) => kind === 'contract' || kind === 'dedupe') + 1;
  return [...stages.slice(0, at), IMPLIED_WATERMARKS, ...stages.slice(at)];
}

/** The stages with the vector that the score stage takes: that of its service, if it names one. */
export function withScoredService(stages: readonly Stage[]): readonly Stage[] {
  const service = stages.find(isKind<ScoreStage>('score'))?.options.service;
  if (service === undefined) return stages;
  return stages.map((stage) => (isKind<FeaturesStage>('features')(stage) ? stage.ofService(service) : stage));
}

/** The stages as the definition lists them, which is how problems count them. */
export function listedStages(stages: readonly Stage[]): readonly Stage[] {
  return stages.filter((stage) => stage !== IMPLIED_WATERMARKS);
}
