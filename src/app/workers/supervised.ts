// The side of a worker that `--workers` started (control path).
import { type ErrorCode, messageOf, MillraceError } from '../../core/errors.ts';
import type { Membership } from '../../adapters/kafka/client/options.ts';

/** Reports a membership to the supervisor, which removes this process from its groups if it dies. */
export function reportMembership(membership: Membership): void {
  report({ kind: 'joined', ...membership });
}

/** What a worker reports to its supervisor. */
export type WorkerMessage =
  | ({ readonly kind: 'joined' } & Membership)
  /** It ends with an error that a restart would meet again. */
  | { readonly kind: 'fault'; readonly code: ErrorCode; readonly message: string };

function report(message: WorkerMessage, sent: () => void = () => undefined): void {
  if (process.send === undefined) sent();
  else process.send(message, undefined, undefined, sent); // the supervisor may have ended
}

/** Reports that a restart of this process would fail again; resolves when the supervisor can know. */
export function reportFault(error: unknown): Promise<void> {
  const { code, what } =
    error instanceof MillraceError ? error : { code: 'INVARIANT' as const, what: messageOf(error) };
  return new Promise((resolve) => report({ kind: 'fault', code, message: what }, resolve));
}

/** Whether another process has started this one as its worker. */
export function isSupervised(): boolean {
  return process.send !== undefined;
}

/** Shuts down when the supervisor ends: a restarted supervisor starts other workers on the same ports. */
export function endWithSupervisor(): void {
  if (!process.connected) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref(); // an open channel must not keep the process running
}
