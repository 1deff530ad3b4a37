// When a task restarts (control path): after a failure of an external system that may pass, with growing pauses.
import type { IPolicy } from 'cockatiel';
import { MillraceError } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { RESTART_WAITS, retriesWhile } from '../../resilience/retries.ts';

/** @param isRunning false once the engine stops: a failure then ends the task */
export function taskRestarts(
  topology: string,
  telemetry: Pick<Telemetry, 'count'>,
  isRunning: () => boolean,
): IPolicy {
  const passes = (error: Error): boolean => isRunning() && isEnvironmentFault(error);
  return retriesWhile(passes, RESTART_WAITS, (error) => {
    const code = error instanceof MillraceError ? error.code : 'INVARIANT';
    telemetry.count('task_restarts_total', 1, { topology, code });
  });
}
