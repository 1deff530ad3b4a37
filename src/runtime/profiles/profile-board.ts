// The newest profiles of this engine's partitions, for the dashboard (control path). Partitions merge when they are asked for.
import { PROFILE_PERIODS_SHOWN } from '../../core/profile-limits.ts';
import type { PeriodProfiles } from '../../operators/stage.ts';
import { ColumnProfile, type ProfileFigures } from '../../stats/column-profile.ts';

/** Merging takes some milliseconds, and a page asks each second. */
const KEPT_MS = 5_000;

export interface ProfiledColumn {
  readonly name: string;
  /** Ascending by time. */
  readonly periods: ReadonlyArray<ProfileFigures & { readonly fromMs: number; readonly toMs: number }>;
}

export class ProfileBoard {
  readonly #clock: () => number;
  /** By partition, then by the start of the period. */
  readonly #partitions = new Map<number, Map<number, PeriodProfiles>>();
  #merged: { readonly columns: readonly ProfiledColumn[]; readonly atMs: number } | null = null;

  /** @param clock monotonic, ms */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** A period of a partition, which goes on to change while it is open; a restarted task brings it again. */
  opened(partition: number, profiles: PeriodProfiles): void {
    const periods = this.#partitions.get(partition) ?? new Map<number, PeriodProfiles>();
    this.#partitions.set(partition, periods);
    periods.set(profiles.fromMs, profiles);
    if (periods.size > PROFILE_PERIODS_SHOWN) periods.delete(Math.min(...periods.keys()));
  }

  /** The partition leaves this process. */
  left(partition: number): void {
    this.#partitions.delete(partition);
  }

  /** The newest periods of each column. */
  columns(): readonly ProfiledColumn[] {
    const atMs = this.#clock();
    if (this.#merged === null || atMs - this.#merged.atMs >= KEPT_MS)
      this.#merged = { columns: this.#merge(), atMs };
    return this.#merged.columns;
  }

  #merge(): ProfiledColumn[] {
    const all = [...this.#partitions.values()].flatMap((periods) => [...periods.values()]);
    const starts = [...new Set(all.map(({ fromMs }) => fromMs))].sort((a, b) => a - b);
    const shown = starts.slice(-PROFILE_PERIODS_SHOWN);
    const names = [...new Set(all.flatMap(({ columns }) => [...columns.keys()]))];
    return names.map((name) => ({
      name,
      periods: shown.flatMap((fromMs) => {
        const parts = all.filter((period) => period.fromMs === fromMs && period.columns.has(name));
        const [first] = parts;
        return first === undefined ? [] : [{ fromMs, toMs: first.toMs, ...figuresOf(parts, name) }];
      }),
    }));
  }
}

function figuresOf(parts: readonly PeriodProfiles[], name: string): ProfileFigures {
  const merged = new ColumnProfile(parts.some(({ columns }) => columns.get(name)?.isSensitive === true));
  for (const { columns } of parts) merged.merge(columns.get(name) as ColumnProfile); // they have it
  return merged.figures();
}
