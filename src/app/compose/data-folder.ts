// The folder of the embedded services, of models and of schemas (control path).
import { mkdir } from 'node:fs/promises';
import { fileError } from '../../core/file-errors.ts';

/** Creates the folder if it does not exist. @throws CONFIG_INVALID if it cannot be created */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, 'use the data folder', folder, 'CONFIG_INVALID');
  }
}
