// Instants that files have as numbers (control path).
import { MS_PER_SECOND } from '../../../core/time.ts';

/** What a number of a timestamp counts since 1970. */
export type EpochUnit = 's' | 'ms' | 'us' | 'ns';

export const epochUnits: readonly EpochUnit[] = ['s', 'ms', 'us', 'ns'];

const PER_MS: Readonly<Record<EpochUnit, number>> = { s: 1 / MS_PER_SECOND, ms: 1, us: 1e3, ns: 1e6 };

/** Milliseconds of a number since 1970; whole ones, rounded down, where the unit is finer. */
export function instantOfNumber(value: number | bigint, unit: EpochUnit): number {
  if (typeof value === 'bigint') {
    const per = PER_MS[unit];
    return per >= 1
      ? Number(value / BigInt(per)) - (value < 0n && value % BigInt(per) !== 0n ? 1 : 0)
      : Number(value) / per;
  }
  return unit === 'ms' ? value : Math.floor(value / PER_MS[unit]);
}
