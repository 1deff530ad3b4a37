// The models that this engine has loaded (control path). Each partition has a slot that takes a new champion at one of its
// own barriers; a scorer that no slot uses any more is closed.
import type { Barrier } from '../../core/batch.ts';
import { NO_MODEL } from '../../core/blocks.ts';
import type { ModelSlot } from '../../operators/stage.ts';
import type { Scorer } from '../../ports/scorer.ts';
import type { ControlSettings } from '../../topology/learning-options.ts';
import { isSameModel, NO_UPDATE, type TakenModel } from './taken-model.ts';

interface Models {
  readonly champion: Scorer | null;
  readonly shadow: Scorer | null;
  /** Event time of the decision to promote it, ms. */
  readonly sinceMs: number;
  /** Offset of the newest update in the model-updates topic. */
  readonly update: number;
  /** Why that update was refused: the champion is the one before it. Null if it was not. */
  readonly refused: string | null;
}

const NO_MODELS: Models = {
  champion: null,
  shadow: null,
  sinceMs: Number.NEGATIVE_INFINITY,
  update: NO_UPDATE,
  refused: null,
};

class Slot implements ModelSlot {
  champion: Scorer | null;
  shadow: Scorer | null;
  #taken: TakenModel;
  /** What the log has, committed with the group's offset. */
  #committed: TakenModel | null;
  readonly #isAligned: boolean;
  readonly #swapped: () => void;
  #pending: Models | null = null;

  constructor(models: Models, committed: TakenModel | null, isAligned: boolean, swapped: () => void) {
    this.champion = models.champion;
    this.shadow = models.shadow;
    this.#taken = takenOf(models);
    this.#committed = committed;
    this.#isAligned = isAligned;
    this.#swapped = swapped;
  }

  update(to: Models): void {
    this.#pending = to;
  }

  /** In live mode at any barrier; in aligned mode at the boundary of the decision, like all partitions, or a later one. */
  swapAtBarrier({ controlMs }: Pick<Barrier, 'controlMs'>): void {
    if (this.#pending === null) return;
    if (this.#isAligned && (controlMs === null || controlMs < this.#pending.sinceMs)) return;
    this.#swap(this.#pending);
  }

  /**
   * The partition has no event and no open epoch: the swap needs no barrier. In aligned mode it waits for the boundary of
   * the decision, unless the partition is past it, or has not begun: then it has no boundary to wait for.
   */
  swapWhileIdle(watermarkMs: number): void {
    if (this.#pending === null) return;
    const isBefore = Number.isFinite(watermarkMs) && watermarkMs < this.#pending.sinceMs;
    if (!this.#isAligned || !isBefore) this.#swap(this.#pending);
  }

  #swap(to: Models): void {
    ({ champion: this.champion, shadow: this.shadow } = to);
    this.#taken = takenOf(to);
    this.#pending = null;
    this.#swapped();
  }

  get isPending(): boolean {
    return this.#pending !== null;
  }

  get taken(): TakenModel {
    return this.#taken;
  }

  get isUncommitted(): boolean {
    return this.#taken.update !== NO_UPDATE && !isSameModel(this.#taken, this.#committed);
  }

  committed(taken: TakenModel): void {
    this.#committed = taken;
  }
}

function takenOf({ champion, update, refused }: Models): TakenModel {
  return { version: champion?.version ?? NO_MODEL, update, refused };
}

export interface OpenSlot extends ModelSlot {
  /** Whether there is an update that it has not taken. */
  readonly isPending: boolean;
  /** What is committed with the group's offset. */
  readonly taken: TakenModel;
  /** Whether the log does not have `taken` yet: an idle partition commits an empty epoch for it. */
  readonly isUncommitted: boolean;
  /** The log has it. */
  committed(taken: TakenModel): void;
  swapWhileIdle(watermarkMs: number): void;
  close(): void;
}

function rethrow(error: unknown): never {
  throw error;
}

export class ModelHub {
  readonly #isAligned: boolean;
  /** Loads a version that was champion before. */
  readonly #load: (version: string) => Promise<Scorer | null>;
  /** Called when a model that is not used any more cannot be closed. */
  readonly #notClosed: (error: unknown) => void;
  #current: Models = NO_MODELS;
  readonly #slots = new Set<Slot>();
  readonly #loaded = new Set<Scorer>();

  constructor(
    mode: ControlSettings['mode'] = 'live',
    load: (version: string) => Promise<Scorer | null> = () => Promise.resolve(null),
    notClosed: (error: unknown) => void = rethrow,
  ) {
    this.#isAligned = mode === 'aligned';
    this.#load = load;
    this.#notClosed = notClosed;
  }

  /** Whether all partitions change their models at the same boundaries. */
  get isAligned(): boolean {
    return this.#isAligned;
  }

  get champion(): Scorer | null {
    return this.#current.champion;
  }

  get shadow(): Scorer | null {
    return this.#current.shadow;
  }

  /**
   * Opens a partition's slot. In aligned mode a restored partition continues with the version of its checkpoint until it
   * reaches the boundary of the next decision, as if it had not been interrupted. A checkpoint at that boundary is from
   * before the partition took the model: it takes it now.
   * @param version of the checkpoint; null on a fresh start
   * @param committed what the log has of the partition
   * @param watermarkMs of the checkpoint
   */
  async open(
    version: string | null,
    committed: TakenModel | null = null,
    watermarkMs: number = Number.NEGATIVE_INFINITY,
  ): Promise<OpenSlot> {
    const restored = await this.#restored(version);
    // From here on at once: a promotion meanwhile must neither be missed nor close a model that no slot uses yet.
    const models = restored ?? this.#current;
    if (models.champion !== null) this.#loaded.add(models.champion);
    const slot = new Slot(models, committed, this.#isAligned, () => this.#closeUnused());
    if (models !== this.#current) {
      slot.update(this.#current);
      slot.swapAtBarrier({ controlMs: watermarkMs });
    }
    this.#slots.add(slot);
    return Object.assign(slot, {
      close: () => {
        this.#slots.delete(slot);
        this.#closeUnused();
      },
    });
  }

  /** The models of a checkpoint; null if they are the current ones. */
  async #restored(version: string | null): Promise<Models | null> {
    if (!this.#isAligned || version === null || version === this.#current.champion?.version) return null;
    if (version === NO_MODEL) return NO_MODELS;
    const champion = await this.#load(version);
    return champion === null ? null : { ...NO_MODELS, champion, shadow: this.#current.shadow };
  }

  /**
   * Sets a new champion for every slot.
   * @param sinceMs event time of the decision
   * @param update offset of the decision in the model-updates topic
   */
  promote(champion: Scorer, sinceMs: number, update: number = NO_UPDATE): void {
    this.#update({ ...this.#current, champion, sinceMs, update, refused: null });
  }

  /** The engine cannot use the model of an update: the champion stays, and partitions report why. */
  refuse(update: number, reason: string): void {
    this.#update({ ...this.#current, update, refused: reason });
  }

  /** Sets a model whose scores are measured and never served. */
  setShadow(shadow: Scorer | null): void {
    this.#update({ ...this.#current, shadow });
  }

  #update(to: Models): void {
    this.#current = to;
    for (const scorer of [to.champion, to.shadow]) if (scorer !== null) this.#loaded.add(scorer);
    for (const slot of this.#slots) slot.update(to);
    this.#closeUnused();
  }

  #closeUnused(): void {
    const used = new Set<Scorer | null>([this.#current.champion, this.#current.shadow]);
    for (const slot of this.#slots) used.add(slot.champion).add(slot.shadow);
    for (const scorer of this.#loaded) {
      if (used.has(scorer)) continue;
      this.#loaded.delete(scorer);
      scorer.close().catch(this.#notClosed);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#loaded].map((scorer) => scorer.close()));
    this.#loaded.clear();
  }
}
