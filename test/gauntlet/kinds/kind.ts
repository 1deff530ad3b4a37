// A kind of world: what its topology is like, and what happens in it.
import type { Declaration } from '../declaration.ts';
import type { Chance } from '../random.ts';
import type { World } from '../world.ts';

export interface Kind {
  readonly name: string;
  /** What it tries, in a few words. */
  readonly tries: string;
  /** Changes to a declaration made at random. */
  readonly declare?: (declaration: Declaration, chance: Chance) => Declaration;
  readonly play: (world: World, chance: Chance) => Promise<void>;
}
