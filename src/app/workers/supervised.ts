// A process that another one has begun and looks after, as `--workers` does its workers (control path).
import type { Membership } from '../../adapters/kafka/client/options.ts';

/** Who has begun this process takes it out of its groups should it die. */
export function tellSupervisor(of: Membership): void {
  process.send?.(of, undefined, undefined, () => undefined); // who is gone need not hear it
}

/** It ends in order with who has begun it: that one, begun anew, begins others, which want the same ports. */
export function endWithSupervisor(): void {
  if (!process.connected) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref(); // listening keeps no process open
}
