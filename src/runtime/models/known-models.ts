// What an engine knows of the versions in the model-updates topic (control path): the newest update of each that counts.
import { type ModelContent, sha256Of } from '../../core/model-content.ts';
import type { ModelManifest } from '../../core/reports.ts';
import { NO_REFERENCE } from '../../stats/drift-reference.ts';
import type { GivenModel } from './model-gate.ts';
import { manifestOf, packedManifest } from './model-update.ts';
import type { ModelUpdateRecord } from '../records.ts';

/** A version that was champion, with its model. */
export interface KnownModel extends GivenModel {
  readonly manifest: ModelManifest;
  readonly update: ModelUpdateRecord;
  /** Of the update in its topic. */
  readonly offset: number;
}

/** A model that is or was champion. */
export interface ChampionModel {
  readonly version: string;
  readonly model: ModelContent;
  /** Event time of the newest row that it was trained on, ms. */
  readonly newestRowMs: number;
  readonly trainer: ModelManifest['trainer'];
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

/** The bytes of older models are read from the log when they are needed: memory stays flat, however many are promoted. */
const MODELS_KEPT = 4;
/**
 * Drift references of versions that came while this engine runs: they are followed at once, and needed again at the most by a
 * loop that is some decisions behind.
 */
const REFERENCES_KEPT = 32;

interface Known {
  readonly update: ModelUpdateRecord;
  readonly offset: number;
  /** SHA-256 of the model in the update. */
  readonly sha256: string;
  /** Whether the update is without the model that it has in the log. */
  readonly isReduced: boolean;
}

export class KnownModels {
  readonly #known = new Map<string, Known>();
  /** Versions whose models are in memory, and those whose references will be dropped, oldest first. */
  readonly #withModel = new Set<string>();
  readonly #withReference = new Set<string>();
  readonly #read: (offset: number) => Promise<ModelUpdateRecord | null>;
  /** Whether what is added from now on came while the engine runs. */
  isLive = false;

  /** @param read the update at an offset of its topic; null if it is not there any more */
  constructor(read: (offset: number) => Promise<ModelUpdateRecord | null>) {
    this.#read = read;
  }

  /** Its model is empty if it was dropped from memory. */
  update(version: string): ModelUpdateRecord | null {
    return this.#known.get(version)?.update ?? null;
  }

  /** Null if the version is unknown, or has no model. @throws an error of the log */
  async model(version: string): Promise<KnownModel | null> {
    const known = this.#known.get(version);
    if (known === undefined) return null;
    const update = known.isReduced ? await this.#read(known.offset) : known.update;
    if (update === null || update.version !== version || !hasModel(update)) return null;
    const manifest = readManifest(update);
    if (manifest === null) return null;
    return { version, manifest, model: update.artifact ?? update.model, update, offset: known.offset };
  }

  /** In the order of the topic; their models may be empty, as those of `update`. */
  champions(): ModelUpdateRecord[] {
    const champions = [...this.#known.values()].filter(({ update }) => update.status === 'champion');
    return champions.sort((a, b) => a.offset - b.offset).map(({ update }) => update);
  }

  add(update: ModelUpdateRecord, offset: number): void {
    const { version } = update;
    this.#known.set(version, { update, offset, sha256: sha256Of(update.model), isReduced: false });
    for (const old of newestIn(this.#withModel, version, MODELS_KEPT)) this.#reduce(old, withoutModel);
    if (!this.isLive) return;
    for (const old of newestIn(this.#withReference, version, REFERENCES_KEPT))
      this.#reduce(old, withoutReference);
  }

  #reduce(version: string, reduced: (update: ModelUpdateRecord) => ModelUpdateRecord): void {
    const known = this.#known.get(version);
    if (known !== undefined && (known.isReduced || hasModel(known.update)))
      this.#known.set(version, { ...known, update: reduced(known.update), isReduced: true });
  }

  /**
   * The engine refuses an update. A version that was champion before with other bytes stays one, as a partition may be
   * restored with it.
   * @returns the update as one of a version that was rejected
   */
  reject(update: ModelUpdateRecord, offset: number): ModelUpdateRecord {
    const rejected = { ...update, status: 'rejected', model: NOTHING, artifact: null } as const;
    const before = this.#known.get(update.version);
    const isSame = before !== undefined && isSameModel(before, update);
    if (before?.update.status !== 'champion' || isSame) this.add(rejected, offset);
    return rejected;
  }
}

const NOTHING = Buffer.alloc(0);

/** Adds a version as the newest. @returns those that are too many, which it forgets */
function newestIn(versions: Set<string>, version: string, count: number): string[] {
  versions.delete(version);
  versions.add(version);
  const old = [...versions].slice(0, Math.max(0, versions.size - count));
  for (const one of old) versions.delete(one);
  return old;
}

function withoutModel(update: ModelUpdateRecord): ModelUpdateRecord {
  return { ...update, model: NOTHING };
}

function withoutReference(update: ModelUpdateRecord): ModelUpdateRecord {
  const manifest = readManifest(update);
  if (manifest === null) return update;
  return { ...update, manifest: packedManifest({ ...manifest, reference: NO_REFERENCE }) };
}

function hasModel({ model, artifact }: ModelUpdateRecord): boolean {
  return model.length > 0 || artifact !== null;
}

function isSameModel({ update, sha256 }: Known, other: ModelUpdateRecord): boolean {
  return update.artifact?.sha256 === other.artifact?.sha256 && sha256 === sha256Of(other.model);
}
