// A large model in memory as a file for a while (control path): a message to another process would copy it several times.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileError } from '../../core/file-errors.ts';
import { MODEL_BYTES_MAX } from '../../core/model-limits.ts';
import { isModelFile, type ModelContent, type ModelFile, sha256OfFile } from '../../core/model-content.ts';

/** @throws what `use` throws; MODEL_UNTRIED or DISK_FULL if the file cannot be written */
export async function withFile<T>(model: ModelContent, use: (model: ModelContent) => Promise<T>): Promise<T> {
  if (isModelFile(model) || model.length <= MODEL_BYTES_MAX) return use(model);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-model-'));
  try {
    return await use(await written(join(folder, 'model.onnx'), model));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function written(path: string, model: Uint8Array): Promise<ModelFile> {
  try {
    await writeFile(path, model);
    return { path, sha256: await sha256OfFile(path), bytes: model.length, offset: -1 };
  } catch (error) {
    throw fileError(error, 'write a model that is to be tried', path, 'MODEL_UNTRIED');
  }
}
