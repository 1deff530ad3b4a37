// Loads the module of a trainer (control path, in the thread that trains).
import { messageOf, MillraceError } from '../core/errors.ts';
import type { Trainer, TrainerModule } from './trainer.ts';

/** Throws TRAINING_FAILED if the module cannot be loaded or its default export is no TrainerModule. */
export async function loadTrainer({
  name,
  module,
}: Pick<Trainer, 'name' | 'module'>): Promise<TrainerModule> {
  const where = `trainer ${name}, ${module}`;
  let exported: { readonly default?: unknown };
  try {
    exported = (await import(module)) as { readonly default?: unknown }; // a module: checked below
  } catch (cause) {
    throw new MillraceError('TRAINING_FAILED', `the trainer's module cannot be loaded: ${messageOf(cause)}`, {
      where,
      cause,
    });
  }
  if (isTrainerModule(exported.default)) return exported.default;
  throw new MillraceError('TRAINING_FAILED', "the module's default export has no fit function", {
    where,
    remedy: 'Export a TrainerModule: const trainer: TrainerModule = { fit }; export default trainer;',
  });
}

function isTrainerModule(value: unknown): value is TrainerModule {
  return typeof value === 'object' && value !== null && 'fit' in value && typeof value.fit === 'function';
}
