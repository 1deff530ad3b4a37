// The side of a worker that `--workers` started (control path).
import type { Membership } from '../../adapters/kafka/client/options.ts';

/** Reports a membership to the supervisor, which removes this process from its groups if it dies. */
export function reportMembership(membership: Membership): void {
  process.send?.(membership, undefined, undefined, () => undefined); // the supervisor may have ended
}

/** Shuts down when the supervisor ends: a restarted supervisor starts other workers on the same ports. */
export function endWithSupervisor(): void {
  if (!process.connected) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref(); // an open channel must not keep the process running
}
