// A kind of attack: a file in attacks/, and a line in attacks.ts.
import type { Chance } from '../gauntlet/random.ts';
import type { Target } from './target.ts';

export interface Attack {
  readonly name: string;
  /**
   * Plays it once, everything in it from `chance`, and reports through the target what the engine must not have done. The
   * run itself looks whether the engine goes on: a crash, a standstill, a slow probe.
   */
  play(target: Target, chance: Chance): Promise<void>;
}
