// How large the file of a network is at least (control path): a topology whose models no file can hold is refused.
import type { Trainer } from '../../trainer.ts';
import type { MlpParams } from './params.ts';

const BYTES_PER_PARAMETER = 4;

/** Of `mlp()` over so many features: each feeds one input or more. 0 for another trainer. */
export function leastModelBytes({ name, params }: Trainer, features: number, outputs: number): number {
  if (name !== 'mlp') return 0;
  const { hidden = [], members = 1 } = params as Partial<MlpParams>; // those of an mlp
  const sizes = [features, ...hidden, outputs];
  let parameters = 0;
  for (const [layer, to] of sizes.slice(1).entries()) parameters += ((sizes[layer] as number) + 1) * to;
  return BYTES_PER_PARAMETER * members * parameters;
}
