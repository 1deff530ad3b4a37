// Anomaly detection (control path): no event carries a label; the score is how unusual a row is among those before it.
import { checkedOptions, type OptionChecks } from '../core/option-checks.ts';
import { defined } from '../core/definition.ts';
import type { FigureSpec, Task } from './task.ts';
import { NoFigures } from './unlabelled.ts';

export interface AnomalyOptions {
  /** Share of rows that are to be alerts, above 0 and up to 0.1; 0.01. */
  readonly alertRate?: number;
}

const ALERT_RATE = 0.01;
const ALERT_RATE_MAX = 0.1;

const OPTIONS: OptionChecks<AnomalyOptions> = {
  alertRate: (value) =>
    typeof value === 'number' && value > 0 && value <= ALERT_RATE_MAX
      ? null
      : `it is above 0 and up to ${ALERT_RATE_MAX}`,
};

const figures: readonly FigureSpec[] = [
  { name: 'alertRate', title: 'alert rate', better: 'lower', digits: 5, headline: true },
];

/**
 * Anomalies, without labels. The score is a share from 0 to 1, of the rows that the model was fitted on which are less unusual; a
 * row at or above 1 - alertRate is an alert (bit 4 of a prediction's flags, `millrace_alerts_total`). Models are fitted on the
 * logged vectors, and one that keeps to the alert rate on newer rows is promoted.
 *
 * @example score({ key: 'id', task: anomaly({ alertRate: 0.001 }) })
 */
export function anomaly(options: AnomalyOptions = {}): Task<never> {
  const checked = checkedOptions<AnomalyOptions>(options, OPTIONS);
  const { alertRate = ALERT_RATE } = checked.options;
  const task: Task<never> = {
    name: 'anomaly',
    output: { name: 'anomaly', low: 0, high: 1 },
    label: { reads: [], open: () => () => Number.NaN },
    fallback: 0,
    alerts: { from: 1 - alertRate, rate: alertRate },
    loss: { name: 'loss', title: 'loss', digits: 4, of: () => 0 },
    figures,
    accumulator: () => new NoFigures(),
    baseline: () => ({ name: 'constant', score: 0 }),
  };
  return defined(task, { given: options, options: OPTIONS, problems: checked.problems });
}
