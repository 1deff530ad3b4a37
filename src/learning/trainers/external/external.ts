// A program as a trainer (control path). fit.ts is the module that runs it.
import { moduleBeside } from '../../../core/module-url.ts';
import { ANY_TASK, defineTrainer, type Trainer } from '../../trainer.ts';
import { externalDefaults, externalProblems, type ExternalParams } from './params.ts';

const define = defineTrainer<ExternalParams>({
  name: 'external',
  module: moduleBeside(import.meta.url, './fit'),
  tasks: [ANY_TASK],
  extras: ['gate', 'identities'],
  defaults: externalDefaults,
  problems: externalProblems,
});

/**
 * A program that trains, in any language: it finds a folder with the rows as Parquet files, and leaves `model.onnx` there. Its
 * parameters are in the manifest of each model that it makes. It needs a POSIX system.
 *
 * @example retraining: { trainers: [mlp(), external({ command: ['python3', 'train.py'], timeoutMs: minutes(10) })] }
 * @throws MillraceError TOPOLOGY_INVALID for a parameter that does not exist or cannot work
 */
export function external(params: Pick<ExternalParams, 'command'> & Partial<ExternalParams>): Trainer {
  return define(params);
}
