// What is said of a file whose columns are not those of the source (control path).
import type { EventEncoder } from '../../../ports/format.ts';
import { cutText } from '../cut-text.ts';
import type { RowMapping, Target } from './row-mapping.ts';

/** Columns that a note names, and characters of each. */
const NAMES_SHOWN = 20;
const NAME_WIDTH_MAX = 80;

export interface Mapped {
  readonly file: string;
  readonly mapping: RowMapping;
  /** Fills columns that an event lacks. */
  readonly encoder: Pick<EventEncoder, 'fills'>;
  /** Name in the file by column of the source, of --map. */
  readonly names: Target['names'];
}

/** Before its rows are read. */
export function mappingLines(mapped: Mapped): string[] {
  const { file, mapping } = mapped;
  const absent = lacking(mapped, mapping.absent);
  const lines = unusedLines(file, mapping.unused, '');
  if (absent.length > 0) lines.push(`${file}: it has no column for ${namesOf(absent)}, which become null`);
  return lines;
}

/** Of what its rows have said, once they are read. */
export function seenLines(mapped: Mapped): string[] {
  const { file, mapping } = mapped;
  const { unused, isCut, rows } = mapping.seen;
  const absent = lacking(mapped, mapping.seen.absent);
  const lines = unusedLines(file, unused, isCut ? ' at least' : '');
  if (absent.length > 0)
    lines.push(`${file}: no row has ${namesOf(absent)} (${rows} ${rows === 1 ? 'row' : 'rows'} read)`);
  return lines;
}

function unusedLines(file: string, unused: readonly string[], bound: string): string[] {
  return unused.length === 0 ? [] : [`${file}: the source has no column for ${namesOf(unused, bound)}`];
}

/** Columns that nothing fills, with what the file was said to call them. */
function lacking({ encoder: { fills = [] }, names }: Mapped, columns: readonly string[]): string[] {
  return columns
    .filter((column) => !fills.includes(column))
    .map((column) => (names.has(column) ? `${column} (from ${names.get(column)})` : column));
}

function namesOf(columns: readonly string[], bound = ''): string {
  const more = columns.length - NAMES_SHOWN;
  const shown = columns.slice(0, NAMES_SHOWN).map((name) => cutText(name, NAME_WIDTH_MAX));
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more${bound}` : ''}`;
}
