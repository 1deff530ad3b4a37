// What an interrupted backfill has finished (control path): a file beside the state that it builds. The next run of the same
// command goes on with the partitions that are not in it. Any other command starts over, and so does one that cannot read it.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileError } from '../../../core/file-errors.ts';
import type { CommittedOffset } from '../../../ports/event-log.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { progressIn } from './folders.ts';

/** The offsets of a partition that the command reads, whatever its topic has by now. */
export type Bounds = Pick<BackfillInput, 'partition' | 'from' | 'to'>;

/** By partition: where it ended, with the metadata of the commit. */
type Finished = Readonly<Record<string, CommittedOffset>>;

interface Saved {
  readonly request: string;
  readonly bounds: readonly Bounds[];
  readonly finished: Finished;
  /** Whether the events of views of other keys are answered, if there are any: partitions can be played. */
  readonly isAnswered: boolean;
  /** What was about to be handed to the live engine: names of partitions, of the topology or of a part. */
  readonly handing: readonly string[];
}

export class BackfillProgress {
  readonly #file: string;
  readonly #request: string;
  #bounds: readonly Bounds[];
  #finished: Finished;
  #isAnswered: boolean;
  #handing: readonly string[];

  /** @param request what is backfilled, and how: a digest */
  constructor(folder: string, request: string) {
    this.#file = progressIn(folder);
    this.#request = request;
    const saved = read(this.#file);
    const isSame = saved?.request === request;
    this.#bounds = isSame ? saved.bounds : [];
    this.#finished = isSame ? saved.finished : {};
    this.#isAnswered = isSame && saved.isAnswered;
    this.#handing = isSame ? saved.handing : [];
  }

  /** Of the command that was interrupted; empty if this is another one. */
  get bounds(): readonly Bounds[] {
    return this.#bounds;
  }

  /** Where the task of a partition ended; null if it did not. */
  finished(partition: number): CommittedOffset | null {
    return this.#finished[partition] ?? null;
  }

  begin(inputs: readonly BackfillInput[]): void {
    this.#bounds = inputs.map(({ partition, from, to }) => ({ partition, from, to }));
    this.#write();
  }

  finish(partition: number, at: CommittedOffset): void {
    this.#finished = { ...this.#finished, [partition]: at };
    try {
      this.#write();
    } catch {
      // The partition is played again, if this run does not end.
    }
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  answered(): void {
    this.#isAnswered = true;
    this.#write();
  }

  isHanding(partition: string): boolean {
    return this.#handing.includes(partition);
  }

  /** Before the state of a partition is handed over: what is there of it afterwards is of this backfill. */
  handing(partition: string): void {
    if (this.isHanding(partition)) return;
    this.#handing = [...this.#handing, partition];
    this.#write();
  }

  /** A process may be killed while it writes: the name is that of a whole file. */
  #write(): void {
    const saved: Saved = {
      request: this.#request,
      bounds: this.#bounds,
      finished: this.#finished,
      isAnswered: this.#isAnswered,
      handing: this.#handing,
    };
    const whole = `${this.#file}.new`;
    try {
      writeFileSync(whole, JSON.stringify(saved));
      renameSync(whole, this.#file);
    } catch (error) {
      throw fileError(error, 'write the progress', this.#file, 'CONFIG_INVALID');
    }
  }
}

/**
 * Of the command whose folder it is, for its workers.
 * @returns null if it has answered no events
 */
export function answeredIn(folder: string): Pick<Saved, 'request' | 'bounds'> | null {
  const saved = read(progressIn(folder));
  return saved?.isAnswered === true ? saved : null;
}

/** Null if there is no file, or it has not what this writes. */
function read(file: string): Saved | null {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isSaved(found) ? found : null;
  } catch {
    return null;
  }
}

function isSaved(value: unknown): value is Saved {
  if (!isObject(value)) return false;
  const { request, bounds, finished, isAnswered, handing } = value;
  return (
    typeof request === 'string' &&
    Array.isArray(bounds) &&
    bounds.every(isBounds) &&
    isObject(finished) &&
    Object.values(finished).every(isCommitted) &&
    typeof isAnswered === 'boolean' &&
    Array.isArray(handing) &&
    handing.every((name) => typeof name === 'string')
  );
}

function isBounds(value: unknown): boolean {
  return isObject(value) && ['partition', 'from', 'to'].every((name) => isOffset(value[name]));
}

function isCommitted(value: unknown): boolean {
  return isObject(value) && isOffset(value['offset']) && typeof value['metadata'] === 'string';
}

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0; // it is a number
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
