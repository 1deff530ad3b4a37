// Readiness (control path): runs the checks of the services that the engine depends on.
import type { RaisedCondition } from '../core/conditions.ts';
import { messageOf } from '../core/errors.ts';
import { READY_CHECK_MS_MAX } from '../core/port-limits.ts';
import type { CheckResult, Readiness } from '../ports/route.ts';
import { within } from '../resilience/within.ts';

/** Each resolves if its service is ready, and rejects with the reason if it is not. */
export type ReadyChecks = Readonly<Record<string, () => Promise<void>>>;

/** Ready if all checks pass in time, no condition blocks readiness and the process is not shutting down. */
export async function readinessOf(
  checks: ReadyChecks,
  raised: () => readonly RaisedCondition[],
  closing: boolean,
): Promise<Readiness> {
  const results: Record<string, CheckResult> = {};
  await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      results[name] = await inTime(check);
    }),
  );
  if (closing) results['shutdown'] = { ok: false, ms: 0, why: 'shutting down' };
  const conditions = raised();
  const isBlocked = conditions.some(({ blocksReadiness }) => blocksReadiness);
  const ready = !isBlocked && Object.values(results).every((result) => result.ok);
  return { ready, checks: results, conditions };
}

async function inTime(check: () => Promise<void>): Promise<CheckResult> {
  const startMs = performance.now();
  try {
    await within(READY_CHECK_MS_MAX, check());
    return { ok: true, ms: elapsed(startMs) };
  } catch (error) {
    return { ok: false, ms: elapsed(startMs), why: messageOf(error) };
  }
}

function elapsed(startMs: number): number {
  return Math.round(performance.now() - startMs);
}
