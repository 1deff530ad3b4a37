// What an engine requires of a model before it scores with it (control path). A command that promotes one requires the
// same, so that what engines would refuse is refused there.
import { createHash } from 'node:crypto';
import { MillraceError } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { Scorer, ScorerFactory } from '../../ports/scorer.ts';
import { unlabelled } from '../../tasks/unlabelled.ts';
import type { Topology } from '../../topology/define.ts';

/** What a topology's models must fit. */
export interface ModelNeeds {
  readonly topology: string;
  /** Name of the topology's task. */
  readonly task: string;
  /** Names of the features in the order of the vector. */
  readonly features: readonly string[];
}

export function modelNeeds({ name, task, features }: Topology): ModelNeeds {
  return {
    topology: name,
    task: task.name,
    features: features?.features.map((feature) => feature.name) ?? [],
  };
}

/** A model of another task would return scores of another meaning. Topologies without labels accept any model. */
export function isForTask({ task }: ModelNeeds, manifest: ModelManifest): boolean {
  return task === unlabelled.name || task === manifest.task;
}

/** Whether the model was trained on these features, in this order. */
export function hasFeatures({ features }: ModelNeeds, manifest: ModelManifest): boolean {
  const known = manifest.features.map(({ name }) => name);
  return known.length === features.length && known.every((name, i) => name === features[i]);
}

/** @throws MODEL_INVALID if the model cannot score this topology's events */
function checkManifest(needs: ModelNeeds, manifest: ModelManifest, model: Uint8Array): void {
  const refuse = (what: string, remedy: string): never => {
    throw new MillraceError('MODEL_INVALID', what, {
      where: `${manifest.topology} ${manifest.version}`,
      remedy,
    });
  };
  if (!isForTask(needs, manifest)) {
    refuse(
      `the model is for task '${manifest.task}', that of the topology is '${needs.task}'`,
      'Use another name for a topology that predicts something else.',
    );
  }
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
  // Of a manifest that states one.
  if (manifest.sha256 !== '' && createHash('sha256').update(model).digest('hex') !== manifest.sha256)
    refuse('the bytes of the model do not match its manifest', 'Promote another version.');
}

function difference(names: readonly string[], others: readonly string[]): string {
  return names.filter((name) => !others.includes(name)).join(', ');
}

/**
 * Checks a model as every engine does, and loads it.
 * @param manifest null if the update that brought the model has none
 * @throws MODEL_INVALID with the reason
 */
export async function acceptModel(
  needs: ModelNeeds,
  scorers: ScorerFactory,
  version: string,
  manifest: ModelManifest | null,
  model: Uint8Array,
): Promise<Scorer> {
  if (manifest !== null) checkManifest(needs, manifest, model);
  return scorers.load(version, model, needs.features.length);
}
