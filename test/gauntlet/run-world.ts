// Plays one world, all of it from its seed, and judges it.
import type { Verdict } from './judge.ts';
import { kinds } from './kinds/kinds.ts';
import type { Kind } from './kinds/kind.ts';
import { makeDeclaration } from './make-declaration.ts';
import { Chance } from './random.ts';
import type { Stage } from './stage.ts';
import { World } from './world.ts';

export interface WorldOutcome {
  readonly seed: number;
  readonly kind: string;
  readonly verdict: Verdict | null;
  /** What the harness itself could not do; a failure of the world. */
  readonly problem: string | null;
  readonly log: readonly string[];
  readonly seconds: number;
}

/** Kind of a world: each in turn, so that few worlds have many. */
export function kindOf(seed: number, among: readonly Kind[] = kinds): Kind {
  return among[seed % among.length] as Kind; // there is at least one
}

export async function runWorld(stage: Stage, seed: number, kind: Kind): Promise<WorldOutcome> {
  const startedMs = performance.now();
  const chance = new Chance(seed);
  const made = makeDeclaration(`w${seed}-${stage.run}`, chance);
  const declaration = kind.declare?.(made, chance) ?? made;
  const world = new World(stage, declaration, 1 + chance.below(100_000));
  let verdict: Verdict | null = null;
  let problem: string | null = null;
  try {
    await world.prepare();
    await kind.play(world, chance);
    verdict = await world.verdict();
  } catch (error) {
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  await world.clear().catch((error: unknown) => void world.log.push(`not cleared: ${String(error)}`));
  return {
    seed,
    kind: kind.name,
    verdict,
    problem,
    log: world.log,
    seconds: (performance.now() - startedMs) / 1_000,
  };
}
