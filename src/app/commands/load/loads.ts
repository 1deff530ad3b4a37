// The loads of several files, one after another, with their progress and counts (control path).
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../../core/errors.ts';
import { instantText } from '../../../core/time.ts';
import { showProgress } from '../../cli/progress.ts';
import { untilSignal } from '../../cli/signals.ts';
import type { RecordForm } from '../../compose/event-record.ts';
import type { BadRows } from './bad-rows.ts';
import { FileLoad } from './file-load.ts';
import { openRows, type RowOptions } from './open-rows.ts';
import type { Pace } from './pace.ts';
import { type Mapped, mappingLines, seenLines } from './mapping-lines.ts';
import type { Target } from './row-mapping.ts';
import type { LoadTarget } from './target.ts';

export interface LoadsOptions {
  readonly files: readonly string[];
  readonly columns: Target;
  readonly form: RecordForm;
  readonly rows: RowOptions;
  readonly bad: BadRows;
  readonly pace: Pace | null;
  /** Rows of each file at most. */
  readonly limit: number;
  readonly open: (file: string) => Promise<LoadTarget>;
  /** Called with what of a file is not loaded. */
  readonly note: (line: string) => void;
  /** Called with what became of each file. */
  readonly say: (line: string) => void;
}

export class Loads {
  readonly #options: LoadsOptions;
  readonly #stop = new AbortController();
  #file: { readonly load: FileLoad; readonly share: () => number | null } | null = null;
  #filesDone = 0;
  /** Sent by the files before this one. */
  #events = 0;
  /** Whether a signal has ended it. */
  isStopped = false;

  constructor(options: LoadsOptions) {
    this.#options = options;
  }

  /** Events sent so far, with those of bad rows that become dead letters. */
  get events(): number {
    return this.#events + (this.#file?.load.sent ?? 0);
  }

  /** Resolves when all files are loaded, or after a signal. */
  async run(): Promise<void> {
    const progress = showProgress(() => this.#progressLine());
    const loading = this.#loadAll();
    try {
      const ending = await Promise.race([loading, untilSignal()]);
      this.isStopped = ending !== undefined;
      this.#stop.abort(); // after a signal: what was read is committed
      await loading;
      if (ending !== undefined && 'error' in ending) throw ending.error;
    } finally {
      progress.stop();
    }
  }

  async #loadAll(): Promise<void> {
    for (const file of this.#options.files) {
      if (this.#stop.signal.aborted) return;
      await this.#loadFile(file);
      this.#filesDone += 1;
    }
  }

  async #loadFile(file: string): Promise<void> {
    const to = await this.#options.open(file);
    try {
      if (await this.#loadInto(to, file)) return;
      // A file that was loaded to its end and is another one now, such as an export of the next day.
      if (to.from?.isWhole === true) await this.#loadInto({ ...to, from: null }, file);
      else throw changed(file, to.from?.rows ?? 0);
    } finally {
      await to.close();
    }
  }

  /** False if the rows of an earlier load are not those of the file. */
  async #loadInto(to: LoadTarget, file: string): Promise<boolean> {
    const { columns, form, bad, pace, limit } = this.#options;
    const rows = await openRows(file, this.#options.rows);
    try {
      const load = new FileLoad({
        name: file,
        rows,
        to,
        columns,
        form,
        bad,
        pace,
        limit,
        sleep: (ms) => this.#sleep(ms),
        stopped: () => this.#stop.signal.aborted,
      });
      this.#file = { load, share: () => rows.share() };
      const mapped: Mapped = { file, mapping: load.mapping, encoder: form.encoder, names: columns.names };
      for (const line of mappingLines(mapped)) this.#options.note(line);
      const isSame = await this.#runLoad(load, mapped);
      const unit = columns.unit ?? columns.columns?.[columns.eventTime]?.unit ?? 'ms';
      if (unit === 'ms' && areSeconds(load.eventTimeMs))
        this.#options.note(
          `${file}: its events are of ${instantText(load.eventTimeMs).slice(0, 10)}: if its times count seconds, declare timestampIn('s'), or give --time-unit s`,
        );
      if (isSame) this.#options.say(fileLine(file, load));
      return isSame;
    } finally {
      this.#events += this.#file?.load.sent ?? 0;
      this.#file = null;
      await rows.close();
    }
  }

  /** Also where a row stops it: what the rows lack may be why. */
  async #runLoad(load: FileLoad, mapped: Mapped): Promise<boolean> {
    let isSame = true;
    try {
      return (isSame = await load.run());
    } finally {
      const lines = isSame ? seenLines(mapped) : []; // else the file is read again
      for (const line of lines) this.#options.note(line);
    }
  }

  /** Ends early when the load is to stop. */
  #sleep(ms: number): Promise<void> {
    const { signal } = this.#stop;
    return sleep(Math.min(ms, 2 ** 31 - 1), undefined, { signal }).catch(() => undefined);
  }

  #progressLine(): string {
    const { files } = this.#options;
    if (this.#file === null) return '';
    const { load, share } = this.#file;
    const part = share();
    const done = part === null ? '' : `${((100 * (this.#filesDone + part)) / files.length).toFixed(0)} %  `;
    const at = Number.isNaN(load.eventTimeMs) ? '' : `${instantText(load.eventTimeMs).slice(0, 16)}  `;
    return `${done}${at}${this.events} events`;
  }
}

/** Whether milliseconds that count as an instant of early 1970 are seconds of the years 2001 to 2128. */
function areSeconds(eventTimeMs: number): boolean {
  return eventTimeMs >= 1e9 && eventTimeMs < 5e9;
}

function fileLine(file: string, { earlier, sent }: FileLoad): string {
  const before = earlier === 0 ? '' : `, ${earlier} rows loaded earlier`;
  return `${file}: ${sent} events${before}${sent === 0 && earlier > 0 ? ' (--restart loads them again)' : ''}`;
}

function changed(file: string, rows: number): MillraceError {
  return new MillraceError('DATA_INVALID', `its first ${rows} rows are not those that were loaded earlier`, {
    where: file,
    remedy: 'Restore the rows, or give --restart to load the whole file.',
  });
}
