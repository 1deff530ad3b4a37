// The models that this engine has loaded (control path). Each partition has a slot that takes a new champion at its own
// next barrier; a scorer that no slot holds any more is closed.
import type { ModelSlot } from '../operators/stage.ts';
import type { Scorer } from '../ports/scorer.ts';

class Slot implements ModelSlot {
  champion: Scorer | null;
  shadow: Scorer | null;
  #pending: { champion: Scorer | null; shadow: Scorer | null } | null = null;
  readonly #swapped: () => void;

  constructor(champion: Scorer | null, shadow: Scorer | null, swapped: () => void) {
    this.champion = champion;
    this.shadow = shadow;
    this.#swapped = swapped;
  }

  update(champion: Scorer | null, shadow: Scorer | null): void {
    this.#pending = { champion, shadow };
  }

  swapAtBarrier(): void {
    if (this.#pending === null) return;
    ({ champion: this.champion, shadow: this.shadow } = this.#pending);
    this.#pending = null;
    this.#swapped();
  }
}

export class ModelHub {
  #champion: Scorer | null = null;
  #shadow: Scorer | null = null;
  readonly #slots = new Set<Slot>();
  readonly #loaded = new Set<Scorer>();

  get champion(): Scorer | null {
    return this.#champion;
  }

  get shadow(): Scorer | null {
    return this.#shadow;
  }

  /** Opens a partition's slot. */
  open(): ModelSlot & { close(): void } {
    const slot = new Slot(this.#champion, this.#shadow, () => this.#closeUnused());
    this.#slots.add(slot);
    return Object.assign(slot, {
      close: () => {
        this.#slots.delete(slot);
        this.#closeUnused();
      },
    });
  }

  /** A new champion for every slot, at its next barrier. */
  promote(champion: Scorer): void {
    this.#champion = champion;
    this.#update();
  }

  /** A model that scores beside the champion and decides nothing. */
  setShadow(shadow: Scorer | null): void {
    this.#shadow = shadow;
    this.#update();
  }

  #update(): void {
    for (const scorer of [this.#champion, this.#shadow]) if (scorer !== null) this.#loaded.add(scorer);
    for (const slot of this.#slots) slot.update(this.#champion, this.#shadow);
    this.#closeUnused();
  }

  #closeUnused(): void {
    const used = new Set<Scorer | null>([this.#champion, this.#shadow]);
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
