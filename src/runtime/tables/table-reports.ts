// What operators see of a table that is read up to its end, as a topic, a file or a query is (control path).
import { messageOf } from '../../core/errors.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export class TableReports {
  readonly #table: string;
  readonly #telemetry: Pick<Telemetry, 'raise' | 'clear'>;
  #isLoaded = false;

  constructor(table: string, telemetry: Pick<Telemetry, 'raise' | 'clear'>) {
    this.#table = table;
    this.#telemetry = telemetry;
  }

  /** Whether it had once everything that its origin had. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Its first rows are being read. */
  loading(): void {
    this.#notLoaded('it is being read');
  }

  /** It has everything that its origin had when reading started. */
  loaded(): void {
    this.#isLoaded = true;
    this.close();
  }

  /** It has the rows of before, if there are any. */
  failed(error: unknown): void {
    if (this.#isLoaded) this.#telemetry.raise('table_behind', this.#table, messageOf(error));
    else this.#notLoaded(messageOf(error));
  }

  #notLoaded(why: string): void {
    this.#telemetry.raise('table_not_loaded', this.#table, why, { blocksReadiness: true });
  }

  close(): void {
    this.#telemetry.clear('table_behind', this.#table);
    this.#telemetry.clear('table_not_loaded', this.#table);
  }
}
