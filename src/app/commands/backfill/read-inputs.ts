// The partitions of a backfill from whatever it reads (control path).
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { openProtection } from '../../../runtime/personal/protection.ts';
import type { EventArchive } from '../../../ports/history.ts';
import { sharedArchive } from '../../../runtime/shared-archive.ts';
import { openFormat } from '../../compose/adapters.ts';
import type { Backfill } from './backfill-parts.ts';
import type { Bounds } from './backfill-progress.ts';
import { fileInputs } from './file-inputs.ts';
import { rowsIn } from './folders.ts';
import { personalKeys } from './play-partitions.ts';
import { archiveInputs, topicInputs } from './topic-inputs.ts';

/**
 * @param partitions that are read
 * @param bounds of a command that was interrupted, or that has answered the events; empty if there is none
 * @param digest of the content of files; null for another source
 */
export function readInputs(
  parts: Backfill,
  partitions: readonly number[],
  bounds: readonly Bounds[],
  digest: Buffer | null,
): Promise<readonly BackfillInput[]> {
  const { topology, adapters, options, folder, from } = parts;
  if (from.kind !== 'files' || digest === null)
    return logInputs(parts, partitions, bounds, from.kind === 'archive');
  const { rowFile, range } = options;
  return fileInputs({
    topology,
    partitions,
    format: openFormat(topology, adapters.schemas),
    files: from.files,
    digest,
    rowFile,
    range,
    folder: rowsIn(folder),
    bounds,
    note: complain,
  });
}

export async function logInputs(
  { topology, adapters, options }: Backfill,
  partitions: readonly number[],
  bounds: readonly Bounds[],
  isArchive: boolean,
): Promise<readonly BackfillInput[]> {
  const { log, history, codec, quarantines } = adapters;
  if (!isArchive) return topicInputs(log, topology, partitions, options.range, bounds);
  const quarantine = quarantines.of(topology.name);
  const personal = await personalKeys(topology, adapters);
  if (topology.target?.isMain === false) {
    const archive = sharedArchive({
      archive: history,
      topology: topology.target.topology,
      log,
      codec,
      personal,
    });
    return archiveInputs(archive, async () => archive, topology, partitions, options.range, bounds);
  }
  const protection = openProtection({ topology, log, codec, quarantine, personal, nowMs: Date.now });
  const opened = async (partition: number): Promise<EventArchive> =>
    protection === null ? history : protection.archive(partition, history);
  return archiveInputs(history, opened, topology, partitions, options.range, bounds);
}

function complain(line: string): void {
  process.stderr.write(`millrace: ${line}\n`);
}
