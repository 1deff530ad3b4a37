// The dashboard's state for callers who may see figures and no values of events (control path).
import type { DashboardColumn, DashboardState } from './dashboard-state.ts';

/** Counts and shares stay; ranges and examples are values of events, which take the role `subscriber`. */
export function withoutValues(state: DashboardState): DashboardState {
  return { ...state, columns: state.columns.map(figuresAlone) };
}

function figuresAlone({ name, periods }: DashboardColumn): DashboardColumn {
  return { name, periods: periods.map((period) => ({ ...period, min: null, max: null, examples: [] })) };
}
