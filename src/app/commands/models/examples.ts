// The rows of `--examples` (control path): features by name, and the score that the model gave where it was trained.
import { IMPORT_EXAMPLES_MAX } from '../../../core/import-limits.ts';
import { MillraceError } from '../../../core/errors.ts';
import type { FileRow } from '../../../ports/row-file.ts';
import type { Example } from '../../../runtime/models/example-scores.ts';
import { openRows } from '../load/open-rows.ts';

/** The column of the score; a list of numbers where a row has several. */
const SCORE = 'score';

/** @throws DATA_INVALID for a row without a score, CONFIG_INVALID for a file of another format */
export async function readExamples(file: string): Promise<readonly Example[]> {
  const rows = await openRows(file, {
    format: null,
    delimiter: null,
    header: null,
    nullText: null,
    wanted: () => true,
  });
  const examples: Example[] = [];
  try {
    for await (const page of rows.rows()) {
      for (const row of page) {
        if (examples.length === IMPORT_EXAMPLES_MAX) return examples;
        examples.push(exampleOf(file, row, rows.columns));
      }
    }
  } finally {
    await rows.close();
  }
  if (examples.length > 0) return examples;
  throw new MillraceError('DATA_INVALID', 'the file has no rows', { where: file });
}

function exampleOf(file: string, { place, values }: FileRow, columns: readonly string[] | null): Example {
  const { [SCORE]: score, ...rest } = namedValues(values ?? {}, columns ?? []);
  const expected = scoresOf(score);
  if (expected.length > 0 && expected.every(Number.isFinite)) return { place, values: rest, expected };
  throw new MillraceError('DATA_INVALID', `row ${place} has no number as its ${SCORE}`, {
    where: file,
    remedy: `Write the expected score into the column ${SCORE}: a number, or a list of numbers for several scores.`,
  });
}

function namedValues(
  values: readonly unknown[] | object,
  columns: readonly string[],
): Readonly<Record<string, unknown>> {
  if (!isList(values)) return { ...values };
  return Object.fromEntries(columns.map((name, i) => [name, values[i]]));
}

function isList(values: readonly unknown[] | object): values is readonly unknown[] {
  return Array.isArray(values);
}

function scoresOf(score: unknown): readonly number[] {
  if (score === null || score === undefined || score === '') return [];
  if (Array.isArray(score)) return score.map(Number);
  if (typeof score !== 'string') return [Number(score)];
  return score.replaceAll(/[[\]]/g, '').split(/[;,]/).map(Number);
}
