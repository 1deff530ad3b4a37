// Where a backfill reads from (control path): the topic, the archive, or files; and which part of it.
import { existsSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { MillraceError } from '../../../core/errors.ts';
import type { Topology } from '../../../topology/define.ts';

/** What `--from` means. */
export type BackfillFrom =
  | { readonly kind: 'topic' }
  | { readonly kind: 'archive' }
  | { readonly kind: 'files'; readonly files: readonly string[] };

/** [fromMs, untilMs), without a bound where it is null. */
export interface TimeRange {
  readonly fromMs: number | null;
  readonly untilMs: number | null;
}

const PATTERN = /[*?[\]{}]/;

/**
 * The topic by its name, the word `archive`, or a file or a pattern. A file of such a name is meant by ./archive.
 * @param isArchived whether there is an archive of the source: that of the main target is every target's
 * @throws CONFIG_INVALID for anything else
 */
export async function fromOf(
  word: string,
  { source }: Pick<Topology, 'source'>,
  isArchived: boolean,
): Promise<BackfillFrom> {
  if (word === source.topic) return { kind: 'topic' };
  if (word === 'archive') {
    if (isArchived) return { kind: 'archive' };
    throw unknown(
      word,
      'the source has no archive',
      'Declare archive: true on the source, or name a topic or a file.',
    );
  }
  if (existsSync(word)) return { kind: 'files', files: [word] };
  const files: string[] = [];
  if (PATTERN.test(word)) for await (const file of glob(word)) files.push(file);
  if (files.length > 0) return { kind: 'files', files: files.sort() };
  const what = PATTERN.test(word) ? 'no file matches the pattern' : 'there is no such file';
  throw unknown(word, what, `Name a file, archive, or the topology's topic, ${source.topic}.`);
}

/**
 * The partitions that this process backfills.
 * @param given null for all
 * @throws CONFIG_INVALID if the source has not all of them
 */
export function partitionsOf({ source }: Topology, given: readonly number[] | null): readonly number[] {
  const all = [...Array.from({ length: source.partitions }).keys()];
  const more = given?.find((partition) => partition >= source.partitions);
  if (more === undefined) return given ?? all;
  throw new MillraceError('CONFIG_INVALID', `the source has no partition ${more}`, {
    where: '--partitions',
    remedy: `Give some of 0 to ${source.partitions - 1}.`,
  });
}

function unknown(where: string, what: string, remedy: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', what, { where: `--from ${where}`, remedy });
}
