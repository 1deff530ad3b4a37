/** Named checks, each with its outcome on a line of its own. Control path. */
import { MS_PER_SECOND } from '../../src/core/time.ts';

export class Checks {
  passed = 0;
  failed = 0;

  /** Runs a check, which fails by throwing: then the result is null. */
  async run<T>(name: string, check: () => Promise<T> | T): Promise<T | null> {
    const startedMs = performance.now();
    try {
      const result = await check();
      this.passed += 1;
      this.#report('ok    ', name, startedMs);
      return result;
    } catch (error) {
      this.failed += 1;
      this.#report('FAILED', name, startedMs);
      process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return null;
    }
  }

  #report(outcome: string, name: string, startedMs: number): void {
    const seconds = ((performance.now() - startedMs) / MS_PER_SECOND).toFixed(1);
    process.stdout.write(`${outcome} ${name} (${seconds} s)\n`);
  }

  /** The closing line. */
  get summary(): string {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}
