// A process that measures or is measured, so that its CPU is its own (control path). One JSON argument in, messages out.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Milliseconds that a child may take for what it is asked: a slow machine takes a quarter of it. */
const CHILD_MS_MAX = 120_000;

interface Tagged {
  readonly kind: string;
}

interface Waiting<M extends Tagged> {
  readonly kind: M['kind'];
  readonly resolve: (message: M) => void;
  readonly reject: (error: Error) => void;
}

export class Child<M extends Tagged> {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #arrived: M[] = [];
  #waiting: Waiting<M>[] = [];
  readonly gone: Promise<void>;

  /** @param options of Node for it */
  constructor(module: URL, argument: unknown, options: readonly string[] = []) {
    this.#name = fileURLToPath(module);
    // kafkajs 2.2.4 sets timers to negative times, which Node 24 makes 1 ms of and warns about.
    const execArgv = ['--disable-warning=TimeoutNegativeWarning', ...options];
    this.#process = fork(module, [JSON.stringify(argument)], { execArgv });
    this.#process.on('message', (message) => this.#take(message as M)); // the modules name M as what they send
    this.gone = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        const why = new Error(`${this.#name} ended (${signal ?? code}) before it had said what was asked`);
        for (const { reject } of this.#waiting) reject(why);
        this.#waiting = [];
        resolve();
      });
    });
  }

  #take(message: M): void {
    const at = this.#waiting.findIndex(({ kind }) => kind === message.kind);
    if (at < 0) this.#arrived.push(message);
    else this.#waiting.splice(at, 1)[0]?.resolve(message);
  }

  /** The next message of a kind, in the order in which they were sent. Rejects where none comes within `msMax`. */
  next<K extends M['kind']>(kind: K, msMax: number | null = CHILD_MS_MAX): Promise<Extract<M, { kind: K }>> {
    const at = this.#arrived.findIndex((message) => message.kind === kind);
    const found = at < 0 ? undefined : this.#arrived.splice(at, 1)[0];
    const message = found === undefined ? this.#await(kind, msMax) : Promise.resolve(found);
    return message as Promise<Extract<M, { kind: K }>>; // found by its kind
  }

  #await(kind: M['kind'], msMax: number | null): Promise<M> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`${this.#name} did not say '${kind}' in time`));
      const timer = msMax === null ? undefined : setTimeout(late, msMax);
      this.#waiting.push({
        kind,
        resolve: (found) => {
          clearTimeout(timer);
          resolve(found);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  /** A message to a child that has exited is dropped; `next` reports the exit. */
  send(message: Tagged): void {
    this.#process.send(message, () => undefined);
  }

  /** Ends it, by force with SIGKILL, and waits until it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill(signal);
    await this.gone;
  }
}

/** In a child: its argument, which the parent gives as the child's module declares it. */
export function argument(): unknown {
  return JSON.parse(process.argv[2] ?? 'null');
}

/** In a child: sends a message to the parent; a module narrows it to the messages it declares. */
export function tellParent(message: Tagged): void {
  process.send?.(message);
}

/** In a child: the parent's next message of a kind. */
export function heard(kind: string): Promise<void> {
  return new Promise((resolve) => {
    const take = (message: unknown): void => {
      if ((message as Tagged).kind !== kind) return;
      process.off('message', take);
      resolve();
    };
    process.on('message', take);
  });
}
