// The input of a task (control path): what the log no longer holds of its partition, from the archive, then the log.
import { concat, defer, finalize, from, type Observable } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { emptyFetch } from '../../core/empty-batch.ts';
import type { Assignment } from '../../ports/event-log.ts';
import type { EventArchive, EventSource } from '../../ports/history.ts';
import { sourceOf, type ArchivedSpan, type RestorePoint } from './restore-point.ts';
import type { TaskParts } from '../task/task-parts.ts';

/** Fetches that emit nothing while paused, except what is in flight. */
export interface RawSource {
  readonly fetches: Observable<RawBatch>;
  pause(): void;
  resume(): void;
}

export function taskSource(
  { topology, assignment, archive }: TaskParts,
  { from, archived, committed }: RestorePoint,
): RawSource {
  const topicId = committed.source?.topicId ?? null;
  if (archive === null || archived === null || from === null) return logSource(assignment, from, topicId);
  return replayedSource(assignment, archive, sourceOf(topology, assignment), from, archived, topicId);
}

function logSource(assignment: Assignment, offset: number | null, topicId: string | null): RawSource {
  return {
    fetches: assignment.open(offset, topicId),
    pause: () => assignment.pause(),
    resume: () => assignment.resume(),
  };
}

/** @param begin offset of the first record, below the span's end */
export function replayedSource(
  assignment: Assignment,
  archive: EventArchive,
  source: EventSource,
  begin: number,
  span: ArchivedSpan,
  topicId: string | null = null,
): RawSource {
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  let isLog = false;
  const archived = async function* (): AsyncGenerator<RawBatch> {
    for await (const page of spanPages(archive, source, begin, span)) {
      await gate.promise;
      yield page;
    }
    await gate.promise; // the log opens when its records can be taken
  };
  const log = defer(() => {
    isLog = true;
    return assignment.open(span.until, topicId);
  });
  return {
    fetches: concat(from(archived()), log).pipe(finalize(() => gate.resolve())),
    pause(): void {
      if (isLog) assignment.pause();
      else gate = Promise.withResolvers<void>();
    },
    resume(): void {
      gate.resolve();
      if (isLog) assignment.resume();
    },
  };
}

/** The pages, of which the last ends at the start of the log; the log's records are still to come for their reader. */
async function* spanPages(
  archive: EventArchive,
  source: EventSource,
  begin: number,
  { until, logEnd }: ArchivedSpan,
): AsyncGenerator<RawBatch> {
  let before: RawBatch | null = null;
  for await (const page of archive.readEvents(source, begin, until)) {
    if (before !== null) yield before;
    before = { ...page, offsetNext: Math.min(page.offsetNext, until), highWatermark: logEnd };
  }
  const { topic, partition } = source;
  yield { ...(before ?? emptyFetch({ topic, partition }, until)), offsetNext: until, highWatermark: logEnd };
}
