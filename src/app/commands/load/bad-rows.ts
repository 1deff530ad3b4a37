// Rows that are no event of the source (control path): where, which column and why, and what becomes of them.
import { MillraceError } from '../../../core/errors.ts';
import { LOAD_BAD_ROW_CHARS_MAX, LOAD_BAD_ROWS_SHOWN } from '../../../core/log-limits.ts';
import type { LogRecord } from '../../../ports/event-log.ts';

/** What a load does about a row that is no event. */
export type OnError = 'stop' | 'skip' | 'dead-letter';

export const onErrorChoices: readonly OnError[] = ['stop', 'skip', 'dead-letter'];

export interface BadRow {
  readonly file: string;
  /** `line` or `row`. */
  readonly counts: string;
  readonly place: number;
  readonly column: string | null;
  readonly reason: string;
  readonly text: string;
}

const LOAD_AGAIN =
  'What comes before it is loaded. Correct it and start the load again, which goes on there, or give --on-error skip or dead-letter.';

export class BadRows {
  readonly #rule: OnError;
  readonly #hidesValues: boolean;
  readonly #say: (line: string) => void;
  readonly #remedy: string;
  count = 0;

  /**
   * @param hidesValues for a source with sensitive columns: the reason quotes the value
   * @param remedy of the error that a bad row is
   */
  constructor(rule: OnError, hidesValues: boolean, say: (line: string) => void, remedy: string = LOAD_AGAIN) {
    this.#rule = rule;
    this.#hidesValues = hidesValues;
    this.#say = say;
    this.#remedy = remedy;
  }

  get rule(): OnError {
    return this.#rule;
  }

  add(row: BadRow): void {
    this.count += 1;
    if (this.count <= LOAD_BAD_ROWS_SHOWN) this.#say(`${whereOf(row)}: ${this.#reasonOf(row)}`);
    if (this.count === LOAD_BAD_ROWS_SHOWN) this.#say('further bad rows are counted');
  }

  error(row: BadRow): MillraceError {
    return new MillraceError(
      'DATA_INVALID',
      `the ${row.counts} is no event of the source: ${this.#reasonOf(row)}`,
      {
        where: whereOf(row),
        remedy: this.#remedy,
      },
    );
  }

  /**
   * A record that no format reads, as it has no columns: the engine makes it a dead letter, which says what was wrong with
   * the row and can be put back by a transform module.
   */
  record({ file, place, column, reason, text }: BadRow): LogRecord {
    const short = (long: string): string => long.slice(0, LOAD_BAD_ROW_CHARS_MAX);
    const rejectedRow = { file, place, column, reason: short(reason), text: short(text) };
    return { key: null, value: Buffer.from(JSON.stringify({ rejectedRow })), timestampMs: Date.now() };
  }

  #reasonOf({ column, reason }: BadRow): string {
    const what = this.#hidesValues ? 'the value does not fit' : reason;
    if (column === null) return this.#hidesValues ? 'it cannot be read' : reason;
    return `column ${column}: ${what}`;
  }
}

function whereOf({ file, counts, place }: BadRow): string {
  return counts === 'line' ? `${file}:${place}` : `${file}, row ${place}`;
}
