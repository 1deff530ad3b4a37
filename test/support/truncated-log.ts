// A log whose topic begins later than it did, as its retention has it (for tests of what is rebuilt then).
import { map, throwError, type Observable } from 'rxjs';
import { MillraceError } from '../../src/core/errors.ts';
import type { Assignment, EventLog } from '../../src/ports/event-log.ts';
import { assignmentOpening, forwardingLog } from './forwarding.ts';

function gone(offset: number, low: number): MillraceError {
  return new MillraceError('LOG_FAILED', `the log no longer holds offset ${offset}; it begins at ${low}`);
}

function assignmentOf(inner: Assignment, low: number): Assignment {
  return assignmentOpening(inner, (offset) =>
    offset !== null && offset < low ? throwError(() => gone(offset, low)) : inner.open(offset ?? low),
  );
}

/** @param lows first offset that the topic still holds, by partition */
export function truncatedLog(inner: EventLog, topic: string, lows: readonly number[]): EventLog {
  const lowOf = (of: { readonly topic: string; readonly partition: number }): number =>
    of.topic === topic ? (lows[of.partition] ?? 0) : 0;
  return forwardingLog(inner, {
    subscribe: (request): Observable<Assignment> =>
      inner.subscribe(request).pipe(map((assignment) => assignmentOf(assignment, lowOf(assignment)))),
    offsets: async (of) =>
      (await inner.offsets(of)).map(({ low, high }, partition) => ({
        low: Math.max(low, lowOf({ topic: of, partition })),
        high,
      })),
    async offsetForTime(of, timestampMs): Promise<number> {
      const { high } = (await inner.offsets(of.topic))[of.partition] ?? { high: 0 };
      for await (const raw of inner.read(of.topic, of.partition, lowOf(of), high)) {
        const index = raw.timestampMs.findIndex((time) => time >= timestampMs);
        if (index >= 0) return raw.offsets[index] as number;
      }
      return high;
    },
    read(of, partition, from, to) {
      const low = lowOf({ topic: of, partition });
      if (from < low) throw gone(from, low);
      return inner.read(of, partition, from, to);
    },
  });
}
