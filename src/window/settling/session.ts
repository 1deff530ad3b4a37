// Sessions, declared (control path).
import { checkedOptions, duration, type OptionChecks } from '../../core/option-checks.ts';
import { defined } from '../../core/definition.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../../core/time.ts';
import { defineWindow } from '../define-window.ts';
import type { WindowSpec } from '../window.ts';
import { SessionState, type SessionParameters } from './session-state.ts';

export interface SessionOptions {
  /** How long a session may be, ms; a day by default. An event that comes later than that after its first begins a new one. */
  readonly max?: number;
}

const checks: OptionChecks<SessionOptions> = { max: duration() };

const sessions: (parameters: SessionParameters) => WindowSpec = defineWindow<SessionParameters>({
  name: 'session',
  memoryMs: ({ gapMs, maxMs }) => maxMs + gapMs,
  lengthMs: ({ maxMs }) => maxMs,
  open: (windows, context) => windows.map((window) => new SessionState(window, context)),
});

/**
 * The current session as of the event: its events, until none comes for more than `gapMs`, or one comes more than `max` after
 * the first. A late event that comes between two sessions makes them one. Aggregates with different `where` have sessions of
 * their own, of the events that it selects; if none of them comes for the gap, the window is empty. Late events are kept apart
 * by an eighth of the allowed lateness: a late event sees no later eighth, and a session is cut where one begins. `rate` is
 * that since the first event.
 */
export function session(gapMs: number, options: SessionOptions = {}): WindowSpec {
  const { options: given, problems } = checkedOptions(options, checks);
  const { max = MS_PER_DAY } = given;
  const wrong = duration()(gapMs);
  const all = [
    ...(wrong === null ? [] : [['', wrong] as const]),
    ...problems,
    ...(wrong === null && problems.length === 0 && max < gapMs
      ? [['max', `a session of ${max} ms at most is shorter than its gap of ${gapMs} ms`] as const]
      : []),
  ];
  const spec = sessions(
    all.length === 0 ? { gapMs, maxMs: max } : { gapMs: MS_PER_HOUR, maxMs: MS_PER_HOUR },
  );
  return defined(spec, { given: Object(options) as object, options: checks, problems: all });
}
