// What a backfill has on disk, until it ends (control path): a folder in the data folder.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../settings/config.ts';

/** Of these partitions, null for all. */
export function backfillFolder(
  { dataFolder }: Pick<Config, 'dataFolder'>,
  topology: string,
  partitions: readonly number[] | null,
): string {
  return join(dataFolder, 'backfill', topology, partitions === null ? 'all' : partName(partitions));
}

/** A folder's name has bytes at most. */
function partName(partitions: readonly number[]): string {
  return partitions.join('-').slice(0, 100);
}

/** The file that says what is finished. */
export function progressIn(folder: string): string {
  return join(folder, 'progress.json');
}

/** The folder of the state that a backfill builds. */
export function stateIn(folder: string): string {
  return join(folder, 'state');
}

/** The folder of the rows of files. */
export function rowsIn(folder: string): string {
  return join(folder, 'rows');
}

/** The folder of what the parts of a topology exchange. */
export function hopsIn(folder: string): string {
  return join(folder, 'hops');
}

/** The folder of what each worker builds that plays partitions with the answers of hops. */
export function sharesIn(folder: string): string {
  return join(folder, 'shares');
}

export function shareIn(folder: string, partitions: readonly number[]): string {
  return join(sharesIn(folder), partName(partitions));
}

/** Another run of the same command starts over. What workers have built goes first: without it their partitions are played again. */
export async function forgetBackfill(folder: string): Promise<void> {
  await rm(sharesIn(folder), { recursive: true, force: true });
  await rm(progressIn(folder), { force: true });
  await rm(stateIn(folder), { recursive: true, force: true });
  await rm(hopsIn(folder), { recursive: true, force: true });
  await rm(rowsIn(folder), { recursive: true, force: true });
}
