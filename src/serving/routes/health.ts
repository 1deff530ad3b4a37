// Liveness and readiness (control path).
import { messageOf } from '../../core/errors.ts';
import { READY_CHECK_MS_MAX } from '../../core/limits.ts';
import type { HttpResponse } from '../../ports/web-server.ts';
import { json } from '../response.ts';

/** Resolves where the named part is ready; its message says why not. */
export type ReadyChecks = Readonly<Record<string, () => Promise<void>>>;

interface CheckResult {
  readonly ok: boolean;
  readonly ms: number;
  readonly why?: string;
}

/** 200 where all checks pass in time, else 503; the body says which do not, and why. */
export async function ready(checks: ReadyChecks, closing: boolean): Promise<HttpResponse> {
  const results: Record<string, CheckResult> = {};
  await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      results[name] = await inTime(check);
    }),
  );
  if (closing) results['shutdown'] = { ok: false, ms: 0, why: 'shutting down' };
  const ok = Object.values(results).every((result) => result.ok);
  return json(ok ? 200 : 503, { ready: ok, checks: results });
}

async function inTime(check: () => Promise<void>): Promise<CheckResult> {
  const startMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${READY_CHECK_MS_MAX} ms`)),
      READY_CHECK_MS_MAX,
    );
  });
  try {
    await Promise.race([check(), late]);
    return { ok: true, ms: elapsed(startMs) };
  } catch (error) {
    return { ok: false, ms: elapsed(startMs), why: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

function elapsed(startMs: number): number {
  return Math.round(performance.now() - startMs);
}
