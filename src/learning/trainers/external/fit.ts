// The module that has a program fit (control path, in a thread of its own).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCode, MillraceError } from '../../../core/errors.ts';
import { objectiveOf, outputsOf } from '../../objective.ts';
import type { Fit, FitRequest, TrainerModule } from '../../trainer.ts';
import { importOnnx, type ImportChoices } from '../../imported/import-onnx.ts';
import { fillFolder, readFolder } from './folder.ts';
import type { ExternalParams } from './params.ts';
import { runProgram } from './run-program.ts';

/** What programs need to find their interpreters, libraries and devices: no setting or secret of the engine is among them. */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'CUDA_VISIBLE_DEVICES',
  'OMP_NUM_THREADS',
];
/** What the file itself shows. */
const NO_CHOICES: ImportChoices = { features: null, output: null, scores: null, positive: null };
/** Figures in a verdict. */
const FIGURES_MAX = 8;
/** Significant digits of them. */
const DIGITS = 5;

function environmentOf(inherit: readonly string[]): Record<string, string> {
  const known = [...INHERITED, ...inherit].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(known);
}

/** @throws MODEL_INVALID for a model of other inputs or outputs than an engine can feed and read */
function canonicalModel(model: Uint8Array, { task, features }: FitRequest<ExternalParams>): Uint8Array {
  const { low, high } = task.output;
  const width = outputsOf(objectiveOf(task));
  const shape = { width, isProbability: low === 0 && high === 1, classes: null };
  try {
    return importOnnx(model, features, shape, NO_CHOICES).model;
  } catch (error) {
    if (!isCode(error, 'MODEL_INVALID')) throw error;
    throw new MillraceError('MODEL_INVALID', `model.onnx: ${error.what}`, {
      remedy: `Export one float32 input [rows, ${features.length}] in the order of request.json, and one output.`,
      cause: error,
    });
  }
}

async function fit(request: FitRequest<ExternalParams>): Promise<Fit> {
  const { command, timeoutMs, memoryBytesMax, inherit } = request.params;
  const folder = await mkdtemp(join(tmpdir(), 'millrace-training-'));
  try {
    await fillFolder(folder, request);
    const log = await runProgram({
      command: [...command, folder],
      environment: environmentOf(inherit),
      timeoutMs,
      memoryBytesMax,
      signal: request.signal,
    });
    const { model, metrics, chosen } = await readFolder(folder);
    const figures = [...metrics].slice(0, FIGURES_MAX);
    const texts = figures.map(([name, value]) => `${name} ${Number(value.toPrecision(DIGITS))}`);
    return {
      model: canonicalModel(model, request),
      summary: [`Made by ${command.join(' ')}`, ...texts].join(', '),
      chosen,
      log,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const trainer: TrainerModule<ExternalParams> = {
  validates: () => true,
  fitsOnce: ({ params }) => params.fits === 'one',
  fit,
};

export default trainer;
