// Plays many worlds on the same servers, a few at a time.
import { kinds as allKinds } from './kinds/kinds.ts';
import type { Kind } from './kinds/kind.ts';
import { isWorldGood, describeWorld } from './report.ts';
import { kindOf, runWorld, type WorldOutcome } from './run-world.ts';
import type { Servers } from '../support/find-servers.ts';
import { openStage } from './stage.ts';

export interface GauntletOptions {
  /** Seeds of the worlds. */
  readonly worlds: readonly number[];
  readonly kinds?: readonly Kind[];
  readonly atOnce: number;
  readonly say: (line: string) => void;
}

export async function runGauntlet(servers: Servers, options: GauntletOptions): Promise<WorldOutcome[]> {
  const { worlds, kinds = allKinds, atOnce, say } = options;
  const stage = await openStage(servers);
  const outcomes: WorldOutcome[] = [];
  const queue = [...worlds];
  const work = async (): Promise<void> => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      const outcome = await runWorld(stage, seed, kindOf(seed, kinds));
      outcomes.push(outcome);
      const { verdict, seconds, kind } = outcome;
      const events = verdict === null ? 'not judged' : `${verdict.events} events`;
      const count = `${String(outcomes.length).padStart(4)} of ${worlds.length}`;
      say(`${count}  world ${seed}  ${kind.padEnd(20)} ${events}, ${seconds.toFixed(1)} s`);
      if (!isWorldGood(outcome)) say(describeWorld(outcome));
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    await stage.close();
  }
  return outcomes;
}
