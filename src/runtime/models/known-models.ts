// What an engine knows of the versions in the model-updates topic (control path): the newest update of each that counts.
import type { ModelManifest } from '../../core/reports.ts';
import type { GivenModel } from './model-gate.ts';
import { manifestOf } from './model-update.ts';
import type { ModelUpdateRecord } from '../records.ts';

/** A version that was champion, with its model. */
export interface KnownModel extends GivenModel {
  readonly manifest: ModelManifest;
  readonly update: ModelUpdateRecord;
}

/** @throws MODEL_INVALID for a damaged manifest */
export function givenBy(update: ModelUpdateRecord): GivenModel {
  return { version: update.version, manifest: manifestOf(update), model: update.artifact ?? update.model };
}

/** The manifest of an update that may be damaged. */
export function readManifest(update: ModelUpdateRecord): ModelManifest | null {
  try {
    return manifestOf(update);
  } catch {
    return null;
  }
}

export class KnownModels {
  readonly #updates = new Map<string, ModelUpdateRecord>();

  update(version: string): ModelUpdateRecord | null {
    return this.#updates.get(version) ?? null;
  }

  /** Null if the version is unknown, or has no model. */
  model(version: string): KnownModel | null {
    const update = this.#updates.get(version);
    if (update === undefined || !hasModel(update)) return null;
    const manifest = readManifest(update);
    return manifest === null ? null : { version, manifest, model: update.artifact ?? update.model, update };
  }

  /** In the order of their event times. */
  champions(): ModelUpdateRecord[] {
    const champions = [...this.#updates.values()].filter(({ status }) => status === 'champion');
    return champions.sort((a, b) => a.atMs - b.atMs);
  }

  add(update: ModelUpdateRecord): void {
    this.#updates.set(update.version, update);
  }

  /**
   * The engine refuses an update. A version that was champion before with other bytes stays one, as a partition may be
   * restored with it.
   * @returns the update as one of a version that was rejected
   */
  reject(update: ModelUpdateRecord): ModelUpdateRecord {
    const rejected = { ...update, status: 'rejected', model: Buffer.alloc(0), artifact: null } as const;
    const before = this.#updates.get(update.version);
    const isSame = before !== undefined && isSameModel(before, update);
    if (before?.status !== 'champion' || isSame) this.add(rejected);
    return rejected;
  }
}

function hasModel({ model, artifact }: ModelUpdateRecord): boolean {
  return model.length > 0 || artifact !== null;
}

function isSameModel(a: ModelUpdateRecord, b: ModelUpdateRecord): boolean {
  return a.artifact?.sha256 === b.artifact?.sha256 && a.model.equals(b.model);
}
