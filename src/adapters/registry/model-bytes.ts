// The file of a model in a registry (control path): small ones are read into memory, large ones stay where they are.
import { copyFile, link, open, readFile, stat } from 'node:fs/promises';
import { MillraceError } from '../../core/errors.ts';
import { fileError } from '../../core/file-errors.ts';
import { MODEL_BYTES_MAX } from '../../core/model-limits.ts';
import { isModelFile, type ModelContent, sha256Of, sha256OfFile } from '../../core/model-content.ts';

/** Synced to disk before the rename that makes it visible. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A file is linked, so that it takes no space twice. @throws the errors of node:fs */
export async function writeModel(path: string, model: ModelContent): Promise<void> {
  if (!isModelFile(model)) return writeDurably(path, model);
  await link(model.path, path).catch(() => copyFile(model.path, path)); // from another disk it is copied
}

/**
 * @param sha256 that the manifest has
 * @throws MODEL_INVALID if the file has another, or cannot be read
 */
export async function readModel(path: string, sha256: string): Promise<ModelContent> {
  try {
    const { size } = await stat(path);
    const model =
      size <= MODEL_BYTES_MAX
        ? await readFile(path)
        : { path, sha256: await sha256OfFile(path), bytes: size, offset: -1 };
    const found = sha256Of(model);
    if (found === sha256) return model;
    throw new MillraceError('MODEL_INVALID', `the model's SHA-256 is ${found}, not the manifest's`, {
      where: path,
      remedy: 'The file was changed or damaged: restore it, or promote another version.',
    });
  } catch (error) {
    throw fileError(error, 'read the model', path, 'MODEL_INVALID');
  }
}
