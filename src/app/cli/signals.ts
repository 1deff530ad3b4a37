// Signals that end a long-running command (control path).
import closeWithGrace from 'close-with-grace';
import { messageOf } from '../../core/errors.ts';
import { SHUTDOWN_MS_MAX } from '../../core/process-limits.ts';

/** Time to close the port, the history and the clients after the engine has had SHUTDOWN_MS_MAX, ms. */
const CLOSE_MS_MAX = 5_000;

export type Ending = { readonly signal: string } | { readonly error: Error };

let ending: Promise<Ending> | null = null;

/**
 * Resolves at SIGINT, SIGTERM or an uncaught error; one promise per process. The process then has
 * SHUTDOWN_MS_MAX + CLOSE_MS_MAX to shut down, and is ended after that or at a second signal.
 */
export function untilSignal(): Promise<Ending> {
  ending ??= new Promise((resolve) => {
    closeWithGrace(
      { delay: SHUTDOWN_MS_MAX + CLOSE_MS_MAX, skip: ['beforeExit'] },
      async ({ err, signal }) => {
        // At once: closing may take as long as it is allowed to, and then nothing else is printed.
        if (err !== undefined) process.stderr.write(`millrace: the process ends: ${messageOf(err)}\n`);
        resolve(err === undefined ? { signal: signal ?? 'signal' } : { error: err });
        // The command closes its resources and then exits.
        await new Promise(() => undefined);
      },
    );
  });
  return ending;
}
