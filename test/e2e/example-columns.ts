// The columns of an example run for tests of the dashboard.
import type { DashboardState } from '../../src/serving/dashboard-state.ts';

/** A day of hours: nulls of `depDelay` rise, and `tailnum` is sensitive. */
export function exampleColumns(atMs: number): DashboardState['columns'] {
  const hours = Array.from({ length: 24 }, (_, i) => atMs + (i - 17) * 3_600_000);
  const periods = (of: (hour: number) => object): DashboardState['columns'][number]['periods'] =>
    hours.map((fromMs, hour) => ({
      fromMs,
      toMs: fromMs + 3_600_000,
      rows: 940 + hour,
      nulls: 0,
      min: null,
      max: null,
      distinct: 16,
      examples: [],
      ...of(hour),
    }));
  return [
    { name: 'carrier', periods: periods(() => ({ min: 2, max: 2, examples: ['UA', 'DL', 'B6'] })) },
    { name: 'tailnum', periods: periods(() => ({ nulls: 3, distinct: 412 })) },
    {
      name: 'depDelay',
      periods: periods((hour) => ({
        nulls: hour * 30,
        min: -21,
        max: 301.5,
        distinct: 188,
        examples: ['-4', '12', '77.5'],
      })),
    },
  ];
}
