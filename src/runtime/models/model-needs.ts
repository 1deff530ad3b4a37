// What an engine requires of a model before it scores with it (control path). A command that promotes one requires the
// same, so that what engines would refuse is refused there.
import { MillraceError } from '../../core/errors.ts';
import { type Artifact, sha256Of } from '../../core/model-content.ts';
import type { ModelManifest } from '../../core/reports.ts';
import { unlabelled } from '../../tasks/unlabelled.ts';
import type { TaskOutput } from '../../tasks/task.ts';
import type { Topology } from '../../topology/define.ts';
import type { TargetModels } from '../../topology/definition.ts';
import { ownTarget, targetConflict, type OwnTarget } from '../../topology/target-models.ts';

/** What a topology's models must fit. */
export interface ModelNeeds extends OwnTarget {
  readonly topology: string;
  /** Whether it has the name of the topology, which had models before there were several targets. */
  readonly isMain: boolean;
  /** Its valid scores. */
  readonly output: TaskOutput;
  /** Names of the features in the order of the vector. */
  readonly features: readonly string[];
}

export function modelNeeds(topology: Topology): ModelNeeds {
  const { name, task, features, target } = topology;
  return {
    ...ownTarget(topology),
    topology: name,
    isMain: target?.isMain ?? true,
    output: task.output,
    features: features?.features.map((feature) => feature.name) ?? [],
  };
}

/** A model of another task would return scores of another meaning. Topologies without labels accept any model. */
export function isForTask({ task }: Pick<TargetModels, 'task'>, manifest: ModelManifest): boolean {
  return task === unlabelled.name || task === manifest.task;
}

const TARGET_REMEDY =
  'The main target is the score stage with the id score, or else the first one: promote a version of this target, or put the stages back in their order.';

/** Of a model's classes, in an error. */
const CLASSES_SHOWN = 10;

/** Whether the model was trained on these features, in this order. */
export function hasFeatures({ features }: ModelNeeds, manifest: ModelManifest): boolean {
  const known = manifest.features.map(({ name }) => name);
  return known.length === features.length && known.every((name, i) => name === features[i]);
}

function refusal({ topology, version }: ModelManifest): (what: string, remedy: string) => never {
  return (what, remedy) => {
    throw new MillraceError('MODEL_INVALID', what, { where: `${topology} ${version}`, remedy });
  };
}

/** @throws MODEL_INVALID if the manifest is of another model than the version of this topology with these bytes */
export function requireOwnManifest(
  { topology }: Pick<ModelNeeds, 'topology'>,
  version: string,
  manifest: ModelManifest,
  model: Uint8Array | Artifact,
): void {
  const refuse = refusal(manifest);
  if (manifest.topology !== topology || manifest.version !== version)
    refuse(`the manifest is not that of ${topology} ${version}`, 'Promote another version.');
  if (sha256Of(model) !== manifest.sha256)
    refuse('the bytes of the model do not match its manifest', 'Promote another version.');
}

/** @throws MODEL_INVALID if the model cannot score this topology's events */
export function requireFitting(needs: ModelNeeds, manifest: ModelManifest): void {
  const refuse = refusal(manifest);
  requireOwnTarget(needs, manifest);
  if (!isForTask(needs, manifest)) {
    refuse(
      `the model is for task '${manifest.task}', that of the topology is '${needs.task}'`,
      'Use another name for a topology that predicts something else.',
    );
  }
  if (!hasOutputs(needs, manifest))
    refuse(
      `the model has other classes or quantiles: ${manifest.classes?.slice(0, CLASSES_SHOWN).join(', ')}`,
      'Promote a version that has the outputs of the topology, in their order, or train one.',
    );
  if (!hasFeatures(needs, manifest)) {
    const known = manifest.features.map(({ name }) => name);
    const [more, less] = [difference(known, needs.features), difference(needs.features, known)];
    const what =
      more === '' && less === ''
        ? 'in another order'
        : `with ${more || 'none'} and without ${less || 'none'}`;
    refuse(
      `the model was trained on other features: ${what}`,
      'Promote a version that was trained on the features of the topology, or train one.',
    );
  }
}

/** Manifests of models with one score, and of earlier releases, name no outputs. */
function hasOutputs({ outputs }: TargetModels, { classes }: ModelManifest): boolean {
  return outputs === undefined || classes === undefined || outputs.join('\n') === classes.join('\n');
}

/**
 * The model is of this target. A manifest of an earlier release that names none is of the single target that the topology had: that
 * may be any which the model fits now.
 * @throws MODEL_INVALID
 */
function requireOwnTarget(needs: ModelNeeds, manifest: ModelManifest): void {
  const refuse = refusal(manifest);
  const conflict = targetConflict(needs, manifest);
  if (conflict !== null) refuse(`the model is ${conflict}`, TARGET_REMEDY);
  const { target, others, isMain } = needs;
  if (manifest.target !== undefined || !isMain) return;
  const possible = others.filter((one) => isForTask(one, manifest) && hasOutputs(one, manifest));
  if (possible.length === 0) return;
  const names = [target, ...possible.map((one) => one.target)].join("' or '");
  refuse(
    `the manifest names no target, and the model may be for '${names}'`,
    `It is of a release that knew one target. If it is for '${target}', import its file: millrace models import models/${manifest.topology}/${manifest.version}/model.onnx with --topology and --target ${target}.`,
  );
}

function difference(names: readonly string[], others: readonly string[]): string {
  return names.filter((name) => !others.includes(name)).join(', ');
}
