// The options of every verb that reads the rows of files as events (control path).
import { columnNames, refuseAny, text, word } from '../cli/flags.ts';
import { defaulted, type Option, repeated, valued } from '../cli/verb.ts';
import { RECORD_KEY } from './event-file-options.ts';
import { type OnError, onErrorChoices } from './load/bad-rows.ts';
import { type EpochUnit, epochUnits } from '../../core/epoch-number.ts';
import { type FileFormat, fileFormats } from './load/open-rows.ts';

function mapped(given: string): { readonly from: string; readonly to: string } {
  const at = given.lastIndexOf('=');
  const [from, to] = [given.slice(0, at).trim(), given.slice(at + 1).trim()];
  if (at < 0 || from === '' || to === '') throw new Error('give name in the file=column: Amount=amount');
  return { from, to };
}

function delimiter(given: string): string {
  const character = given === '\\t' ? '\t' : given;
  if (!/^[^"\r\n]$/u.test(character)) throw new Error('give one character');
  return character;
}

interface RowFileDeclaration {
  readonly format: Option<FileFormat | undefined>;
  readonly map: Option<ReadonlyArray<ReturnType<typeof mapped>> | undefined>;
  readonly columns: Option<readonly string[] | undefined>;
  readonly delimiter: Option<string | undefined>;
  readonly nullText: Option<string | undefined>;
  readonly unit: Option<EpochUnit | undefined>;
  readonly key: Option<readonly string[] | undefined>;
  readonly onError: Option<OnError>;
}

export const ROW_FILE: RowFileDeclaration = {
  format: valued(
    '--format <format>',
    `${fileFormats.join(', ')}; by the file's name by default`,
    word(fileFormats),
  ),
  map: repeated('--map <file=column>', 'name in the file of a column of the source; may be repeated', mapped),
  columns: valued('--columns <names>', 'names of the columns of a CSV file without a header', columnNames),
  delimiter: valued('--delimiter <character>', 'of a CSV file; the comma by default', delimiter),
  nullText: valued('--null <text>', 'text of a CSV file that is a missing value, as the empty text is', text),
  unit: valued(
    '--time-unit <unit>',
    `what numbers of timestamps count in the file: ${epochUnits.join(', ')}; what the topology declares by default`,
    word(epochUnits),
  ),
  key: RECORD_KEY,
  onError: defaulted(
    '--on-error <rule>',
    `what to do about a row that is no event: ${onErrorChoices.join(', ')}`,
    word(onErrorChoices),
    'stop',
  ),
};

/** What the command line gives of them. */
type RowFile = { readonly [N in keyof RowFileDeclaration]: ReturnType<RowFileDeclaration[N]['read']> };

/** How the rows of files are read, and become events. */
export interface RowFileOptions extends Pick<RowFile, 'key' | 'onError'> {
  /** Null: what the topology declares. */
  readonly unit: EpochUnit | null;
  readonly format: NonNullable<RowFile['format']> | null;
  readonly delimiter: string | null;
  readonly header: readonly string[] | null;
  readonly nullText: string | null;
  /** Name in the file by column of the source. */
  readonly names: ReadonlyMap<string, string>;
}

/** @throws CONFIG_INVALID if a column is mapped twice */
export function rowFileOf(given: RowFile): RowFileOptions {
  const {
    format = null,
    map = [],
    columns = null,
    delimiter = null,
    nullText = null,
    key,
    unit = null,
    onError,
  } = given;
  const names = new Map(map.map(({ from, to }) => [to, from]));
  refuseAny(names.size < map.length ? ['--map: a column of the source is mapped twice'] : [], 'Map it once.');
  return { format, delimiter, header: columns, nullText, names, key, unit, onError };
}
