// How a long-running command hears that it should end (control path).
import closeWithGrace from 'close-with-grace';
import { SHUTDOWN_MS_MAX } from '../core/limits.ts';

/**
 * Resolves at SIGINT, SIGTERM or an uncaught error. The process then has SHUTDOWN_MS_MAX for its own orderly end, and
 * is ended after that.
 */
export function untilSignal(): Promise<'signal'> {
  return new Promise((resolve) => {
    closeWithGrace({ delay: SHUTDOWN_MS_MAX }, async ({ err }) => {
      if (err !== undefined) process.stderr.write(`${err.stack ?? err.message}\n`);
      resolve('signal');
      // The command closes what it opened and then exits the process itself.
      await new Promise(() => undefined);
    });
  });
}
