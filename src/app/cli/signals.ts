// How a long-running command hears that it should end (control path).
import closeWithGrace from 'close-with-grace';
import { SHUTDOWN_MS_MAX } from '../../core/limits.ts';

/** Milliseconds for what is left once the engine has had SHUTDOWN_MS_MAX: the port, the history, the clients. */
const CLOSE_MS_MAX = 5_000;

export type Ending = { readonly signal: string } | { readonly error: Error };

let ending: Promise<Ending> | null = null;

/**
 * Resolves at SIGINT, SIGTERM or an uncaught error; one promise a process. The process then has
 * SHUTDOWN_MS_MAX + CLOSE_MS_MAX for its own orderly end and is ended after that, or at a second signal.
 */
export function untilSignal(): Promise<Ending> {
  ending ??= new Promise((resolve) => {
    closeWithGrace(
      { delay: SHUTDOWN_MS_MAX + CLOSE_MS_MAX, skip: ['beforeExit'] },
      async ({ err, signal }) => {
        resolve(err === undefined ? { signal: signal ?? 'signal' } : { error: err });
        // The command closes what it opened and then exits the process itself.
        await new Promise(() => undefined);
      },
    );
  });
  return ending;
}
