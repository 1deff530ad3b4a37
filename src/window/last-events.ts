// The window of the last n events, declared (control path).
import { checkedOptions, duration, whole, type OptionChecks } from '../core/option-checks.ts';
import { defined } from '../core/definition.ts';
import { LAST_EVENTS_MAX } from '../core/window-limits.ts';
import { defineWindow } from './define-window.ts';
import { LastEventsState, type LastEventsParameters } from './last-events-state.ts';
import type { WindowSpec } from './window.ts';

export interface LastEventsOptions {
  /** Events that are older than this, ms, are left out. By default none is, and the state of a key is kept forever. */
  readonly within?: number;
}

const checks: OptionChecks<LastEventsOptions> = { within: duration() };

const lastOnes: (parameters: LastEventsParameters) => WindowSpec = defineWindow<LastEventsParameters>({
  name: 'last-events',
  notShifted: 'the last events of an earlier instant are no longer among those that are kept',
  memoryMs: ({ withinMs }) => withinMs ?? Number.POSITIVE_INFINITY,
  open: (windows, context) => windows.map((window) => new LastEventsState(window, context)),
});

/**
 * The last `count` events of the key up to the event, itself included: by event time, of equal times by offset. Aggregates with
 * different `where` have windows of their own, of the events that it selects. Each event has a state of its own, and a read
 * merges `count` of these: every aggregate is exact, at a cost that grows with `count`, 512 at most. A late event sees none
 * after its instant; where more than `count` events, and more than 16, have come after it, it sees fewer than `count`. `rate`
 * is that since the first of them.
 */
export function lastEvents(count: number, options: LastEventsOptions = {}): WindowSpec {
  const { options: given, problems } = checkedOptions(options, checks);
  const wrong = whole(1, LAST_EVENTS_MAX)(count);
  const spec = lastOnes({ count: wrong === null ? count : 1, withinMs: given.within ?? null });
  return defined(spec, {
    given: Object(options) as object,
    options: checks,
    problems: [...(wrong === null ? [] : [['', `${wrong}: give lastEvents(10), say`] as const]), ...problems],
  });
}
