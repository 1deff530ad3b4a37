// Prequential quality of the loop and of the frozen first model, on the same rows (control path).
import { QUALITY_MONTHS_MAX, QUALITY_VERSIONS_MAX } from '../../core/loop-limits.ts';
import type { Figures } from '../../core/reports.ts';
import { instantText, MS_PER_DAY } from '../../core/time.ts';
import type { Confusion } from '../../stats/confusion.ts';
import { FIRST_LABEL, NEW_LABEL, OLD_LABEL, type JoinedLabels } from '../../operators/observations.ts';
import { accumulatedFigures } from '../../tasks/figures.ts';
import { evidenceWidth } from '../../tasks/outputs.ts';
import type { FigureAccumulator, Task } from '../../tasks/task.ts';
import { FiguresOverTime } from './figures-over-time.ts';
import { CachedParts, partValue, type StateParts } from './state-parts.ts';
import { isShadowUsable, isUsable, withEvidence } from './usable-label.ts';

export interface MonthFigures {
  /** `2013-02`, UTC, of the prediction. */
  readonly month: string;
  readonly loop: Figures;
  readonly frozen: Figures;
}

export interface QualityBetween {
  readonly loop: Figures;
  readonly frozen: Figures;
  readonly confusion: { readonly loop: Confusion; readonly frozen: Confusion } | null;
}

/** The year may have a sign and six digits. */
function monthOfDay(day: number): string {
  return instantText(day * MS_PER_DAY).slice(0, -17);
}

/** Loop and frozen on the rows that both have scored: those since the first promotion. */
interface Pair {
  readonly loop: FigureAccumulator;
  readonly frozen: FigureAccumulator;
}

function confusionPair({ loop, frozen }: Pair): QualityBetween['confusion'] {
  const [ofLoop, ofFrozen] = [loop.confusion?.(), frozen.confusion?.()];
  return ofLoop === undefined || ofFrozen === undefined ? null : { loop: ofLoop, frozen: ofFrozen };
}

/** Predictions whose label was replaced, and those that lost it: figures count the newest label of each. */
export interface RevisedLabels {
  readonly corrected: number;
  readonly withdrawn: number;
}

const TOTAL = 'quality/total';
const MONTH = 'quality/month/';
const VERSION = 'quality/version/';
const REVISED = 'quality/revised';
const DAY = 'quality/day/';

export class QualityTracker {
  readonly #task: Task;
  #total: Pair;
  readonly #months = new Map<string, Pair>();
  readonly #versions = new Map<string, FigureAccumulator>();
  readonly #days: { readonly loop: FiguresOverTime; readonly frozen: FiguresOverTime };
  readonly #parts = new CachedParts();
  #revised: RevisedLabels = { corrected: 0, withdrawn: 0 };
  #newestDay = Number.NaN;
  #newestMonth = '';

  constructor(task: Task) {
    this.#task = task;
    this.#total = this.#pair();
    const open = (): FigureAccumulator => task.accumulator('coarse');
    this.#days = { loop: new FiguresOverTime(open), frozen: new FiguresOverTime(open) };
  }

  /** Returns how many labels were left out because they are unusable. */
  add(given: JoinedLabels): number {
    const joined = withEvidence(given, this.#task);
    let unusable = 0;
    const width = evidenceWidth(this.#task.output);
    const { evidence, shadowEvidence } = joined;
    for (let i = 0; i < joined.labels.length; i++) {
      const label = joined.labels[i] as number;
      const score = joined.scores[i] as number;
      const shadowScore = joined.shadowScores[i] as number;
      const timeMs = joined.predictionTimeMs[i] as number;
      if (joined.fallback[i] === true) continue;
      const isOld = joined.changes[i] === OLD_LABEL;
      if (!isUsable(joined, i, this.#task)) {
        if (!isOld) unusable += 1;
        continue;
      }
      const at = i * width;
      if (joined.changes[i] !== FIRST_LABEL && !this.#canRevise) continue;
      this.#countRevision(joined, i);
      if (isOld) {
        this.#remove(joined, i, at);
        continue;
      }
      this.#version(joined.versions[i] as string).add(score, label, evidence, at);
      if (!isShadowUsable(joined, i, this.#task)) continue;
      for (const { loop, frozen } of [this.#total, this.#month(this.#monthOf(timeMs))]) {
        loop.add(score, label, evidence, at);
        frozen.add(shadowScore, label, shadowEvidence, at);
      }
      this.#parts.changed(DAY, this.#days.loop.add(timeMs, score, label, evidence, at));
      this.#days.frozen.add(timeMs, shadowScore, label, shadowEvidence, at);
    }
    this.#parts.changed(TOTAL, '');
    return unusable;
  }

  /** A task of a project may have figures from which no row can be taken out: they keep the first labels. */
  get #canRevise(): boolean {
    return this.#total.loop.remove !== undefined;
  }

  #countRevision({ changes, predictionOffsets }: JoinedLabels, i: number): void {
    if (changes[i] !== FIRST_LABEL) this.#parts.changed(REVISED, '');
    const isReplaced = changes[i + 1] === NEW_LABEL && predictionOffsets[i + 1] === predictionOffsets[i];
    const { corrected, withdrawn } = this.#revised;
    if (changes[i] === NEW_LABEL) this.#revised = { corrected: corrected + 1, withdrawn };
    else if (changes[i] === OLD_LABEL && !isReplaced) this.#revised = { corrected, withdrawn: withdrawn + 1 };
  }

  /** Takes out the label that a prediction had, of everything that still has it. */
  #remove(joined: JoinedLabels, i: number, at: number): void {
    const [label, score] = [joined.labels[i] as number, joined.scores[i] as number];
    const { evidence, shadowEvidence } = joined;
    const name = joined.versions[i] as string;
    const version = this.#versions.get(name);
    if (version !== undefined && version.count > 0) {
      this.#parts.changed(VERSION, name);
      version.remove?.(score, label, evidence, at);
    }
    if (!isShadowUsable(joined, i, this.#task)) return;
    const shadowScore = joined.shadowScores[i] as number;
    const timeMs = joined.predictionTimeMs[i] as number;
    const month = this.#monthOf(timeMs);
    for (const pair of [this.#total, this.#months.get(month)]) {
      if (pair === undefined || pair.loop.count === 0) continue;
      pair.loop.remove?.(score, label, evidence, at);
      pair.frozen.remove?.(shadowScore, label, shadowEvidence, at);
    }
    this.#parts.changed(MONTH, month);
    this.#parts.changed(DAY, this.#days.loop.remove(timeMs, score, label, evidence, at));
    this.#days.frozen.remove(timeMs, shadowScore, label, shadowEvidence, at);
  }

  /** Most labels are of the day of the one before. */
  #monthOf(timeMs: number): string {
    const day = Math.floor(timeMs / MS_PER_DAY);
    if (day !== this.#newestDay) {
      this.#newestDay = day;
      this.#newestMonth = monthOfDay(day);
    }
    return this.#newestMonth;
  }

  #pair(): Pair {
    return { loop: this.#task.accumulator('fine'), frozen: this.#task.accumulator('fine') };
  }

  #version(version: string): FigureAccumulator {
    this.#parts.changed(VERSION, version);
    const known = this.#versions.get(version);
    if (known !== undefined) return known;
    const added = this.#task.accumulator('fine');
    this.#versions.set(version, added);
    dropFirst(this.#versions, QUALITY_VERSIONS_MAX);
    return added;
  }

  #month(month: string): Pair {
    this.#parts.changed(MONTH, month);
    const known = this.#months.get(month);
    if (known !== undefined) return known;
    const added = this.#pair();
    this.#months.set(month, added);
    dropFirst(this.#months, QUALITY_MONTHS_MAX);
    return added;
  }

  revised(): RevisedLabels {
    return this.#revised;
  }

  loop(): Figures {
    return accumulatedFigures(this.#total.loop);
  }

  frozen(): Figures {
    return accumulatedFigures(this.#total.frozen);
  }

  /** Rows by label and prediction, behind the figures of the loop and the frozen model; null for a task without classes. */
  confusion(): QualityBetween['confusion'] {
    return confusionPair(this.#total);
  }

  version(version: string): Figures {
    return accumulatedFigures(this.#versions.get(version) ?? this.#task.accumulator('fine'));
  }

  byMonth(): MonthFigures[] {
    return [...this.#months]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([month, { loop, frozen }]) => ({
        month,
        loop: accumulatedFigures(loop),
        frozen: accumulatedFigures(frozen),
      }));
  }

  /** Both over [fromMs, untilMs), whole days. */
  between(fromMs: number, untilMs: number): QualityBetween {
    const [loop, frozen] = [
      this.#days.loop.between(fromMs, untilMs),
      this.#days.frozen.between(fromMs, untilMs),
    ];
    return {
      loop: accumulatedFigures(loop),
      frozen: accumulatedFigures(frozen),
      confusion: confusionPair({ loop, frozen }),
    };
  }

  /** Null if the task's accumulators cannot be snapshotted. */
  snapshot(): StateParts | null {
    if (this.#total.loop.snapshot === undefined || this.#total.loop.restore === undefined) return null;
    const parts = new Map<string, Uint8Array>();
    const add = (name: string, value: () => unknown): void => {
      parts.set(name, this.#parts.of(name, value));
    };
    const pair = ({ loop, frozen }: Pair): unknown => [loop.snapshot?.(), frozen.snapshot?.()];
    add(TOTAL, () => pair(this.#total));
    add(REVISED, () => this.#revised);
    for (const [month, figures] of this.#months) add(`${MONTH}${month}`, () => pair(figures));
    for (const [version, figures] of this.#versions) add(`${VERSION}${version}`, () => figures.snapshot?.());
    const { loop, frozen } = this.#days;
    for (const day of loop.starts()) add(`${DAY}${day}`, () => [loop.snapshot(day), frozen.snapshot(day)]);
    return parts;
  }

  /** Continues from the parts of a snapshot; without any it starts empty. Their order is that in which they were added. */
  restore(parts: StateParts): void {
    this.#parts.clear();
    this.#total = restoredPair(this.#pair(), partValue(parts, TOTAL));
    const revised = partValue(parts, REVISED) as RevisedLabels | undefined; // what `snapshot` wrote
    this.#revised = revised ?? { corrected: 0, withdrawn: 0 };
    this.#months.clear();
    this.#versions.clear();
    const days: Array<[startMs: number, snapshot: unknown]> = [];
    for (const name of parts.keys()) {
      if (!name.startsWith('quality/')) continue;
      const value = partValue(parts, name);
      if (name.startsWith(MONTH)) {
        this.#months.set(name.slice(MONTH.length), restoredPair(this.#pair(), value));
      } else if (name.startsWith(VERSION)) {
        const version = this.#task.accumulator('fine');
        version.restore?.(value);
        this.#versions.set(name.slice(VERSION.length), version);
      } else if (name.startsWith(DAY)) {
        days.push([Number(name.slice(DAY.length)), value]);
      }
    }
    this.#days.loop.restore(days.map(([startMs, value]) => [startMs, (value as [unknown, unknown])[0]]));
    this.#days.frozen.restore(days.map(([startMs, value]) => [startMs, (value as [unknown, unknown])[1]]));
  }
}

/** @param value of a part, which `snapshot` wrote; undefined if there is none */
function restoredPair(pair: Pair, value: unknown): Pair {
  if (value === undefined) return pair;
  const [loop, frozen] = value as [unknown, unknown];
  pair.loop.restore?.(loop);
  pair.frozen.restore?.(frozen);
  return pair;
}

/** Drops what was added first: every engine adds in the same order. */
function dropFirst(map: Map<string, unknown>, sizeMax: number): void {
  if (map.size <= sizeMax) return;
  for (const first of map.keys()) {
    map.delete(first);
    return;
  }
}
