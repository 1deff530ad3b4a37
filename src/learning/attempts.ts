// Fits of a training that may fail while others go on (control path), and what the verdict says of those that did.
import { messageOf } from '../core/errors.ts';

interface Failure {
  readonly title: string;
  readonly error: unknown;
}

/** Characters of a failure's message in a verdict: manifests travel inside model updates. */
const MESSAGE_CHARS_MAX = 2_000;

export class Attempts {
  readonly #signal: AbortSignal;
  readonly #failures: Failure[] = [];

  /** @param signal aborted when the engine stops: the training ends, whatever else would go on */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** The result; null if the attempt fails, which the verdict mentions. An abort ends the training. */
  async make<T>(title: string, attempt: () => Promise<T>): Promise<T | null> {
    try {
      return await attempt();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      this.#failures.push({ title, error });
      return null;
    }
  }

  /** Throws the first failure, if there was one: nothing else came of the training. */
  throwFirst(): void {
    const [failure] = this.#failures;
    if (failure !== undefined) throw failure.error;
  }

  /** For the verdict. */
  get text(): string {
    return failuresText(this.#failures);
  }
}

/** What failed, each reason once. */
function failuresText(failures: readonly Failure[]): string {
  const titles = new Map<string, string[]>();
  for (const { title, error } of failures) {
    const why = failureText(error);
    titles.set(why, [...(titles.get(why) ?? []), title]);
  }
  return [...titles].map(([why, who]) => ` Failed fits: ${who.join(', ')}: ${why}.`).join('');
}

/** A message as a clause, cut to what a manifest can carry; of a long one its end, as the reason is there. */
function failureText(error: unknown): string {
  const message = messageOf(error).trim().replace(/\.$/, '');
  return message.length <= MESSAGE_CHARS_MAX ? message : `…${message.slice(-MESSAGE_CHARS_MAX)}`;
}
