// The models that this engine has loaded (control path). Each partition has a slot that takes a new champion at one of its
// own barriers; a scorer that no slot uses any more is closed.
import type { Barrier } from '../../core/batch.ts';
import { NO_MODEL } from '../../core/blocks.ts';
import type { ModelSlot } from '../../operators/stage.ts';
import type { Scorer } from '../../ports/scorer.ts';
import type { ControlSettings } from '../../topology/learning-options.ts';

interface Models {
  readonly champion: Scorer | null;
  readonly shadow: Scorer | null;
  /** Event time of the decision to promote it, ms. */
  readonly sinceMs: number;
}

const NO_MODELS: Models = { champion: null, shadow: null, sinceMs: Number.NEGATIVE_INFINITY };

class Slot implements ModelSlot {
  champion: Scorer | null;
  shadow: Scorer | null;
  readonly #isAligned: boolean;
  readonly #swapped: () => void;
  #pending: Models | null = null;

  constructor(models: Models, isAligned: boolean, swapped: () => void) {
    this.champion = models.champion;
    this.shadow = models.shadow;
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
    ({ champion: this.champion, shadow: this.shadow } = this.#pending);
    this.#pending = null;
    this.#swapped();
  }
}

export type OpenSlot = ModelSlot & { close(): void };

export class ModelHub {
  readonly #isAligned: boolean;
  /** Loads a version that was champion before. */
  readonly #load: (version: string) => Promise<Scorer | null>;
  #current: Models = NO_MODELS;
  readonly #slots = new Set<Slot>();
  readonly #loaded = new Set<Scorer>();

  constructor(
    mode: ControlSettings['mode'] = 'live',
    load: (version: string) => Promise<Scorer | null> = () => Promise.resolve(null),
  ) {
    this.#isAligned = mode === 'aligned';
    this.#load = load;
  }

  get champion(): Scorer | null {
    return this.#current.champion;
  }

  get shadow(): Scorer | null {
    return this.#current.shadow;
  }

  /**
   * Opens a partition's slot. In aligned mode a restored partition continues with the version of its checkpoint until it
   * reaches the boundary of the next decision, as if it had not been interrupted.
   * @param version of the checkpoint; null on a fresh start
   */
  async open(version: string | null): Promise<OpenSlot> {
    const models = await this.#modelsOf(version);
    const slot = new Slot(models, this.#isAligned, () => this.#closeUnused());
    if (models !== this.#current) slot.update(this.#current);
    this.#slots.add(slot);
    return Object.assign(slot, {
      close: () => {
        this.#slots.delete(slot);
        this.#closeUnused();
      },
    });
  }

  async #modelsOf(version: string | null): Promise<Models> {
    if (!this.#isAligned || version === null || version === this.#current.champion?.version)
      return this.#current;
    if (version === NO_MODEL) return NO_MODELS;
    const champion = await this.#load(version);
    if (champion === null) return this.#current;
    this.#loaded.add(champion);
    return { champion, shadow: this.#current.shadow, sinceMs: Number.NEGATIVE_INFINITY };
  }

  /** Sets a new champion for every slot. @param sinceMs event time of the decision */
  promote(champion: Scorer, sinceMs: number): void {
    this.#update({ ...this.#current, champion, sinceMs });
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
      void scorer.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#loaded].map((scorer) => scorer.close()));
    this.#loaded.clear();
  }
}
