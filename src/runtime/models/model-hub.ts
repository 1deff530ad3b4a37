// The models that this engine has loaded (control path). Each partition has a slot that takes a new champion at a
// barrier of its own; a scorer that no slot holds any more is closed.
import type { Barrier } from '../../core/batch.ts';
import { NO_MODEL } from '../../core/blocks.ts';
import type { ModelSlot } from '../../operators/stage.ts';
import type { Scorer } from '../../ports/scorer.ts';
import type { ControlSettings } from '../../topology/learning-options.ts';

interface Models {
  readonly champion: Scorer | null;
  readonly shadow: Scorer | null;
  /** Event time of the decision that made it champion, ms. */
  readonly sinceMs: number;
}

const NO_MODELS: Models = { champion: null, shadow: null, sinceMs: Number.NEGATIVE_INFINITY };

class Slot implements ModelSlot {
  champion: Scorer | null;
  shadow: Scorer | null;
  readonly #isAligned: boolean;
  readonly #swapped: () => void;
  #pending: Models | null = null;

  constructor(of: Models, isAligned: boolean, swapped: () => void) {
    this.champion = of.champion;
    this.shadow = of.shadow;
    this.#isAligned = isAligned;
    this.#swapped = swapped;
  }

  update(to: Models): void {
    this.#pending = to;
  }

  /** Live, any barrier will do. Aligned, the boundary of the decision, as everybody's, or a later one. */
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
  #now: Models = NO_MODELS;
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
    return this.#now.champion;
  }

  get shadow(): Scorer | null {
    return this.#now.shadow;
  }

  /**
   * Opens a partition's slot. Aligned, a restored partition goes on with the version of its checkpoint until it comes to
   * the boundary of the next decision, as if nothing had happened.
   * @param version of the checkpoint; null on a fresh start
   */
  async open(version: string | null): Promise<OpenSlot> {
    const of = await this.#modelsOf(version);
    const slot = new Slot(of, this.#isAligned, () => this.#closeUnused());
    if (of !== this.#now) slot.update(this.#now);
    this.#slots.add(slot);
    return Object.assign(slot, {
      close: () => {
        this.#slots.delete(slot);
        this.#closeUnused();
      },
    });
  }

  async #modelsOf(version: string | null): Promise<Models> {
    if (!this.#isAligned || version === null || version === this.#now.champion?.version) return this.#now;
    if (version === NO_MODEL) return NO_MODELS;
    const champion = await this.#load(version);
    if (champion === null) return this.#now;
    this.#loaded.add(champion);
    return { champion, shadow: this.#now.shadow, sinceMs: Number.NEGATIVE_INFINITY };
  }

  /** A new champion for every slot. @param sinceMs event time of the decision */
  promote(champion: Scorer, sinceMs: number): void {
    this.#update({ ...this.#now, champion, sinceMs });
  }

  /** A model that scores beside the champion and decides nothing. */
  setShadow(shadow: Scorer | null): void {
    this.#update({ ...this.#now, shadow });
  }

  #update(to: Models): void {
    this.#now = to;
    for (const scorer of [to.champion, to.shadow]) if (scorer !== null) this.#loaded.add(scorer);
    for (const slot of this.#slots) slot.update(to);
    this.#closeUnused();
  }

  #closeUnused(): void {
    const used = new Set<Scorer | null>([this.#now.champion, this.#now.shadow]);
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
