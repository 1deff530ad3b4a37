// A log whose topic has dropped its first records, as by retention (for tests of rebuilds).
import { map, throwError, type Observable } from 'rxjs';
import { MillraceError } from '../../src/core/errors.ts';
import type { Assignment, EventLog } from '../../src/ports/event-log.ts';
import { assignmentOpening, forwardingLog } from './forwarding.ts';

function gone(offset: number, low: number): MillraceError {
  return new MillraceError('LOG_FAILED', `the log no longer has offset ${offset}; it starts at ${low}`);
}

function assignmentOf(inner: Assignment, low: number): Assignment {
  return assignmentOpening(inner, (offset) =>
    offset !== null && offset < low ? throwError(() => gone(offset, low)) : inner.open(offset ?? low),
  );
}

/** @param lows first offset that the topic still has, by partition */
export function truncatedLog(inner: EventLog, topic: string, lows: readonly number[]): EventLog {
  const lowOf = (position: { readonly topic: string; readonly partition: number }): number =>
    position.topic === topic ? (lows[position.partition] ?? 0) : 0;
  return forwardingLog(inner, {
    subscribe: (request): Observable<Assignment> =>
      inner.subscribe(request).pipe(map((assignment) => assignmentOf(assignment, lowOf(assignment)))),
    offsets: async (name) =>
      (await inner.offsets(name)).map(({ low, high }, partition) => ({
        low: Math.max(low, lowOf({ topic: name, partition })),
        high,
      })),
    async offsetForTime(source, timestampMs): Promise<number> {
      const { high } = (await inner.offsets(source.topic))[source.partition] ?? { high: 0 };
      for await (const raw of inner.read(source.topic, source.partition, lowOf(source), high)) {
        const index = raw.timestampMs.findIndex((time) => time >= timestampMs);
        if (index >= 0) return raw.offsets[index] as number;
      }
      return high;
    },
    read(name, partition, from, to) {
      const low = lowOf({ topic: name, partition });
      if (from < low) throw gone(from, low);
      return inner.read(name, partition, from, to);
    },
  });
}
