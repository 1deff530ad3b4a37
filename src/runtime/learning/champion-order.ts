// Which champion a boundary has (control path). A loop that re-reads the past passes the champions of that time, each at its
// event time, and never goes back to one that a later update of the topic has replaced.
import { trainingNumber } from './loop-parts.ts';
import type { ModelUpdateRecord } from '../records.ts';

/** A champion and its place in the order of the topic. Without its model: there may be many. */
interface PlacedChampion {
  readonly version: string;
  readonly atMs: number;
  readonly place: number;
}

export class ChampionOrder {
  readonly #before: () => readonly ModelUpdateRecord[];
  /** Champions of trainings that the loop has not decided yet. */
  #ahead: PlacedChampion[] = [];
  /** How many have come since the engine's start. */
  #arrived = 0;
  /** Place of the last one that is followed, or was replaced by a later one; -1 for none. */
  #followedTo = -1;

  /** @param before champions that were in the topic when the engine started, in its order */
  constructor(before: () => readonly ModelUpdateRecord[]) {
    this.#before = before;
  }

  /**
   * Takes an update that has come.
   * @param trainings that the loop has decided; null if it decides none
   * @returns false for the outcome of one that only others have decided: the loop follows it when it is there
   */
  takes(update: ModelUpdateRecord, trainings: number | null): boolean {
    const number = trainingNumber(update);
    const isAhead = trainings !== null && number !== null && number > trainings;
    if (update.status === 'champion') this.#arrive(update, isAhead);
    return !isAhead;
  }

  #arrive({ version, atMs }: ModelUpdateRecord, isAhead: boolean): void {
    const place = this.#before().length + this.#arrived;
    this.#arrived += 1;
    if (isAhead) this.#ahead.push({ version, atMs, place });
    else this.#follow(place);
  }

  /** The version that is champion at a boundary by event time; null if no other is than before. */
  passedAt(boundaryMs: number): string | null {
    const before = this.#before().map(({ version, atMs }, place) => ({ version, atMs, place }));
    const newest = [...before, ...this.#ahead].findLast(
      ({ atMs, place }) => atMs < boundaryMs && place > this.#followedTo,
    );
    if (newest === undefined) return null;
    this.#follow(newest.place);
    return newest.version;
  }

  /** The loop begins again, with an earlier state. */
  restart(): void {
    this.#followedTo = -1;
  }

  #follow(place: number): void {
    this.#followedTo = place;
    this.#ahead = this.#ahead.filter((champion) => champion.place > place);
  }
}
