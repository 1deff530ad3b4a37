// What the lives of a world's engine said of themselves, taken together.
import type { EngineLife } from './engine.ts';
import { finalMetrics, notReady, type Scraped } from './metrics.ts';

export class Figures {
  #counters: Map<string, number> | null = new Map();
  /** Statements that are not so, whatever the oracle says. */
  readonly lies: string[] = [];

  /** Counters of all lives together; null where one was killed, and its counters with it. */
  get counters(): Scraped | null {
    return this.#counters;
  }

  /** @param isDone whether everything in the source is committed: the engine must be ready then */
  async take({ url }: EngineLife, topology: string, isDone: boolean): Promise<void> {
    const unready = isDone ? await notReady(url) : null;
    if (unready !== null) this.lies.push(unready);
    if (this.#counters === null) return;
    for (const [name, value] of await finalMetrics(url, topology))
      this.#counters.set(name, name.endsWith('lag_events') ? value : (this.#counters.get(name) ?? 0) + value);
  }

  lose(): void {
    this.#counters = null;
  }
}
