/** The synthetic run of topologies that have no labels, or no scores. */
import type { DashboardState } from '../../src/serving/dashboard-state.ts';
import { anomaly } from '../../src/index.ts';
import { headline } from '../../src/tasks/figures.ts';
import { exampleStart, exampleState } from './example-run.ts';

/** The same run without labels: the figures of the gate are those of the models alone. */
export function exampleAnomaly(days: number, nowMs: number): DashboardState {
  const state = exampleState(days, nowMs);
  return {
    ...state,
    kind: 'unlabelled',
    alertRate: 0.01,
    totals: { ...state.totals, alerts: 2_146, labels: 0 },
    figures: headline(anomaly()),
    moreFigures: [],
    quality: { points: [], loop: null, frozen: null, confusion: null },
    models: state.models.map((model) => ({ ...model, figures: { n: 400, alertRate: 0.0112 } })),
  };
}

/** The same events of a topology that computes features alone. */
export function exampleFeatures(days: number, nowMs: number): DashboardState {
  const state = exampleStart(nowMs);
  const { rates, totals, partitions, series } = exampleState(days, nowMs);
  return {
    ...state,
    kind: 'features',
    stages: ['watermarks', 'features'],
    status: 'live',
    rates: { ...rates, predictionsPerSecond: 0 },
    totals: { ...state.totals, events: totals.events },
    partitions,
    series,
    figures: [],
    moreFigures: [],
  };
}
