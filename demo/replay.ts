// Replays the demo's events (control path): as fast as they are taken, or by event time at a speed-up.

import { MillraceError } from '../src/core/errors.ts';
import { REPLAY_CHUNK_EVENTS_MAX } from '../src/core/log-limits.ts';
import type { FlightsDataset } from './dataset.ts';
import type { FlightEvent } from './flight-event.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { MS_PER_MINUTE } from '../src/core/time.ts';

/** The wall clock of a paced replay: a test gives its own. */
export interface ReplayClock {
  /** Milliseconds; only differences count. */
  nowMs(): number;
  /** Resolves after the time, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface ReplayOptions {
  readonly dataset: FlightsDataset;
  /** First event time, inclusive; the data's first by default. */
  readonly fromMs?: number | undefined;
  /** Last event time, exclusive; after the data's last by default. */
  readonly untilMs?: number | undefined;
  /** Event-time milliseconds a millisecond of wall clock, or 'max': no waiting. */
  readonly speedUp: number | 'max';
  /** Events of a chunk at most. */
  readonly chunkEventsMax?: number | undefined;
  /** Ends the replay between two chunks. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: ReplayClock | undefined;
}

/** Events that come due together are one chunk: below this wait a timer costs more than it spaces out. */
const waitMsMin = 5;

/** A longer wait is cut into pieces of this: a timer takes no more than 24 days. */
const waitMsMax = 60_000;

/**
 * Yields events in the timeline's order, in chunks of one event or more; their key on the log is `origin`.
 * Paced, an event comes no sooner than (event time - fromMs) / speedUp after the start; a consumer that falls
 * behind gets what is due without waiting. Without waiting, use replayAtOnce where no promise is wanted.
 * @throws CONFIG_INVALID on a speed-up, chunk size or interval that makes no sense
 */
export async function* replay(options: ReplayOptions): AsyncGenerator<FlightEvent[], void, undefined> {
  const { speedUp, signal, clock = wallClock } = options;
  if (speedUp === 'max') {
    yield* replayAtOnce(options);
    return;
  }
  if (!(speedUp > 0 && Number.isFinite(speedUp))) {
    throw invalid(`the speed-up ${speedUp} is no positive number`, 'Give a positive number, or max.');
  }
  const span = spanOf(options);
  const startedMs = clock.nowMs();
  for (let at = span.begin; at < span.end && !isAborted(signal);) {
    const dueMs = span.fromMs + (clock.nowMs() - startedMs) * speedUp;
    const due = Math.min(span.timeline.indexAt(Math.floor(dueMs) + 1), span.end, at + span.chunkEventsMax);
    if (due > at) {
      yield chunk(span.timeline, at, due);
      at = due;
    } else {
      const nextMs = (span.timeline.eventMin[at] ?? 0) * MS_PER_MINUTE;
      const waitMs = (nextMs - dueMs) / speedUp;
      await clock.sleep(Math.min(Math.max(waitMs, waitMsMin), waitMsMax), signal);
    }
  }
}

/** The same events in the same chunks as an unpaced replay, without a promise: for loading a log, tests and bench. */
export function* replayAtOnce(
  options: Omit<ReplayOptions, 'speedUp'>,
): Generator<FlightEvent[], void, undefined> {
  const { timeline, begin, end, chunkEventsMax } = spanOf(options);
  for (let at = begin; at < end && !isAborted(options.signal); at += chunkEventsMax) {
    yield chunk(timeline, at, Math.min(at + chunkEventsMax, end));
  }
}

/** How many events such a replay yields: what a progress line counts against. */
export function countReplayed(options: Omit<ReplayOptions, 'speedUp'>): number {
  const { begin, end } = spanOf(options);
  return end - begin;
}

interface Span {
  readonly timeline: Timeline;
  readonly begin: number;
  readonly end: number;
  readonly fromMs: number;
  readonly chunkEventsMax: number;
}

const timelines = new WeakMap<FlightsDataset, Timeline>(); // sorting takes a tenth of a second: once a dataset

function spanOf(options: Omit<ReplayOptions, 'speedUp'>): Span {
  const { dataset, untilMs = Infinity, chunkEventsMax = REPLAY_CHUNK_EVENTS_MAX } = options;
  const timeline = timelines.get(dataset) ?? createTimeline(dataset);
  timelines.set(dataset, timeline);
  const fromMs = options.fromMs ?? (timeline.eventMin[0] ?? 0) * MS_PER_MINUTE;
  if (!Number.isInteger(chunkEventsMax) || chunkEventsMax < 1) {
    throw invalid(`the chunk size ${chunkEventsMax} is no whole number above 0`, 'Give 1 or more.');
  }
  if (Number.isNaN(fromMs) || Number.isNaN(untilMs) || untilMs < fromMs) {
    throw invalid(
      `the replay would end (${untilMs}) before it begins (${fromMs})`,
      'Give from before until.',
    );
  }
  return {
    timeline,
    begin: timeline.indexAt(fromMs),
    end: timeline.indexAt(untilMs),
    fromMs,
    chunkEventsMax,
  };
}

function chunk(timeline: Timeline, begin: number, end: number): FlightEvent[] {
  const events: FlightEvent[] = [];
  for (let index = begin; index < end; index += 1) events.push(timeline.eventAt(index));
  return events;
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function invalid(what: string, remedy: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', what, { where: 'replay', remedy });
}

const wallClock: ReplayClock = {
  nowMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
    }),
};
