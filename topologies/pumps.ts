// Predictive maintenance: every hour, how likely is it that this pump fails within a day? Scored on what its bearing does:
// how loud and warm it is, how that spreads and where it is heading, and how long ago the pump was repaired.
import {
  binary,
  boolean,
  calendar,
  contract,
  count,
  days,
  dedupe,
  defineTopology,
  derive,
  divide,
  double,
  enumeration,
  ewma,
  features,
  greater,
  hours,
  labels,
  lifetime,
  max,
  mean,
  minutes,
  nullable,
  quantiles,
  range,
  score,
  shifted,
  sliding,
  source,
  std,
  string,
  subtract,
  timeSinceLast,
  timestamp,
  trend,
  view,
  watermarks,
  type Topology,
} from 'millrace';

const measure = nullable(double);

const events = source('pumps', {
  schema: {
    type: enumeration(['reading', 'inspection', 'outcome', 'repair']),
    id: string,
    pump: string,
    /** Of the bearing, RMS, mm/s. */
    vibration: measure,
    /** Of the bearing, °C. */
    temperature: measure,
    /** Of the air around it, °C. */
    ambient: measure,
    /** Electrical, kW. */
    power: measure,
    /** Of an outcome: whether the pump failed in the day after its inspection. */
    failed: nullable(boolean),
    at: timestamp,
  },
  eventTime: 'at',
});

const reading = { type: 'reading' };
const inspection = { type: 'inspection' };
const hour = sliding(hours(1));
const halfDay = sliding(hours(12));
const day = sliding(days(1), hours(1));
const threeDays = sliding(days(3), hours(3));

const pumps: Topology = defineTopology(events, {
  stages: [
    // A sensor that is broken says nothing of the bearing.
    contract([
      range('vibration', 0, 100, { otherwise: { default: null } }),
      range('temperature', -40, 200, { otherwise: { default: null } }),
      range('power', 0, 10_000, { otherwise: { default: null } }),
    ]),
    dedupe({ by: ['type', 'id'], withinMs: days(1) }),
    watermarks({ allowedLatenessMs: minutes(30) }),
    derive({ excess: subtract('temperature', 'ambient') }),
    features({
      when: inspection,
      views: {
        pump: view(['pump'], {
          vibration_1h: mean('vibration', { over: hour, where: reading }),
          vibration_12h: ewma('vibration', { over: halfDay, halfLifeMs: hours(3), where: reading }),
          vibration_std_12h: std('vibration', { over: halfDay, where: reading }),
          vibration_max_1d: max('vibration', { over: day, where: reading }),
          vibration_1d: quantiles('vibration', { over: day, at: { p50: 0.5, p95: 0.95 }, where: reading }),
          vibration_3d: quantiles('vibration', { over: threeDays, at: { p10: 0.1 }, where: reading }),
          vibration_trend_1d: trend('vibration', { over: day, where: reading }),
          vibration_trend_3d: trend('vibration', { over: threeDays, where: reading }),
          // ISO 10816: above 4.5 mm/s a machine of this size is not fit for continuous operation.
          loud_today: count({
            over: calendar('day', { zone: 'Europe/Berlin' }),
            where: greater('vibration', 4.5),
          }),
          loud_1d: count({ over: day, where: greater('vibration', 4.5) }),
          excess_12h: mean('excess', { over: halfDay, where: reading }),
          excess_3d: mean('excess', { over: threeDays, where: reading }),
          excess_trend_3d: trend('excess', { over: threeDays, where: reading }),
          power_1h: mean('power', { over: hour, where: reading }),
          power_yesterday: mean('power', { over: shifted(hour, days(1)), where: reading }),
          repairs: count({ over: lifetime(), where: { type: 'repair' } }),
          since_repair: timeSinceLast({ over: sliding(days(60), days(1)), where: { type: 'repair' } }),
        }),
      },
      derived: {
        louder: divide('pump.vibration_1h', 'pump.vibration_3d_p10'),
        harder: divide('pump.power_1h', 'pump.power_yesterday'),
        warmer: subtract('pump.excess_12h', 'pump.excess_3d'),
      },
    }),
    score({ key: 'id' }),
    labels({
      key: 'id',
      when: { type: 'outcome' },
      task: binary({ column: 'failed' }),
      timeoutMs: days(2),
    }),
  ],
  control: { everyMs: days(1), mode: 'aligned' },
  retraining: true,
});

export default pumps;
