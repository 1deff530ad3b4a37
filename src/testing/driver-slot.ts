// The model of a driven topology (control path): it changes when a barrier has passed.
import type { ModelSlot } from '../operators/stage.ts';
import type { Scorer } from '../ports/scorer.ts';

export class DriverSlot implements ModelSlot {
  champion: Scorer | null;
  readonly shadow = null;
  next: Scorer | null = null;

  constructor(champion: Scorer | null) {
    this.champion = champion;
  }

  swapAtBarrier(): void {
    if (this.next !== null) this.champion = this.next;
    this.next = null;
  }
}
