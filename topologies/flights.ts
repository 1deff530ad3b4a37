// Late arrivals: one hour before each departure from New York, how likely is it to land 15 or more minutes late?
// Scored on windows over the airport, the airline, the route and the flight, and on the weather.
import {
  add,
  atLeast,
  binary,
  categorical,
  contract,
  count,
  days,
  dedupe,
  defineTopology,
  features,
  fresh,
  hours,
  labels,
  last,
  max,
  mean,
  minutes,
  mlp,
  numeric,
  oneOf,
  range,
  required,
  score,
  share,
  sliding,
  subtract,
  source,
  view,
  type Topology,
  watermarks,
} from 'millrace';
import { flightEventColumns } from './flight-columns.ts';

const scheduled = { type: 'scheduled' };
const departed = { type: 'departed' };
const arrived = { type: 'arrived' };
const cancelled = { type: 'cancelled' };
const weather = { type: 'weather' };
const late = atLeast(15);
const missing = { default: null };
// Minutes: a delay of ten hours says no more about the next flight than one of three.
const clip = [-30, 180] as const;

const events = source('flights', { schema: flightEventColumns, eventTime: 'eventTime', partitions: 4 });

const flights: Topology = defineTopology(events, {
  stages: [
    contract([
      fresh({ aheadMs: days(1) }),
      oneOf('origin', ['EWR', 'JFK', 'LGA']),
      required('carrier', { where: scheduled }),
      required('dest', { where: scheduled }),
      required('flight', { where: scheduled }),
      required('scheduledDep', { where: scheduled }),
      required('distance', { where: scheduled }),
      range('distance', 0, 10_000),
      range('scheduledBlock', 0, 1_440),
      range('depDelay', -180, 2_880),
      range('arrDelay', -180, 2_880),
      range('temp', -60, 130, { otherwise: missing }),
      range('windSpeed', 0, 150, { otherwise: missing }),
    ]),
    dedupe({ by: ['eventId'], withinMs: days(1) }),
    watermarks({ allowedLatenessMs: minutes(10) }),
    features({
      when: scheduled,
      fields: {
        origin: categorical('origin'),
        carrier: categorical('carrier'),
        dest: categorical('dest'),
        minute_of_day: numeric('minuteOfDay'),
        day_of_week: numeric('dayOfWeek'),
        block: numeric('scheduledBlock'),
        distance: numeric('distance'),
      },
      views: {
        origin: view(['origin'], {
          dep_late_1h: share('depDelay', late, { over: sliding(hours(1)), where: departed }),
          dep_late_3h: share('depDelay', late, { over: sliding(hours(3)), where: departed }),
          dep_delay_1h: mean('depDelay', { over: sliding(hours(1)), where: departed, clip }),
          dep_delay_3h: mean('depDelay', { over: sliding(hours(3)), where: departed, clip }),
          arr_delay_1h: mean('arrDelay', { over: sliding(hours(1)), where: arrived, clip }),
          arr_delay_3h: mean('arrDelay', { over: sliding(hours(3)), where: arrived, clip }),
          arr_late_24h: share('arrDelay', late, { over: sliding(hours(24)), where: arrived }),
          scheduled_1h: count({ over: sliding(hours(1)), where: scheduled }),
          scheduled_4h: count({ over: sliding(hours(4)), where: scheduled }),
          scheduled_13h: count({ over: sliding(hours(13)), where: scheduled }),
          departed_1h: count({ over: sliding(hours(1)), where: departed }),
          departed_3h: count({ over: sliding(hours(3)), where: departed }),
          departed_12h: count({ over: sliding(hours(12)), where: departed }),
          cancelled_3h: count({ over: sliding(hours(3)), where: cancelled }),
          cancelled_12h: count({ over: sliding(hours(12)), where: cancelled }),
        }),
        weather: view(['origin'], {
          temp: last('temp', { over: sliding(hours(6)), where: weather }),
          dewp: last('dewp', { over: sliding(hours(6)), where: weather }),
          wind_dir: last('windDir', { over: sliding(hours(6)), where: weather }),
          wind: last('windSpeed', { over: sliding(hours(6)), where: weather }),
          precip: max('precip', { over: sliding(hours(3)), where: weather }),
          pressure: last('pressure', { over: sliding(hours(6)), where: weather }),
          visib: last('visib', { over: sliding(hours(6)), where: weather }),
        }),
        airline: view(['carrier'], {
          dep_late_3h: share('depDelay', late, { over: sliding(hours(3)), where: departed }),
          arr_late_24h: share('arrDelay', late, { over: sliding(hours(24)), where: arrived }),
          scheduled_1h: count({ over: sliding(hours(1)), where: scheduled }),
          scheduled_13h: count({ over: sliding(hours(13)), where: scheduled }),
          departed_12h: count({ over: sliding(hours(12)), where: departed }),
          cancelled_12h: count({ over: sliding(hours(12)), where: cancelled }),
        }),
        route: view(['dest'], {
          arr_delay_6h: mean('arrDelay', { over: sliding(hours(6)), where: arrived, clip }),
          arr_delay_24h: mean('arrDelay', { over: sliding(hours(24)), where: arrived, clip }),
        }),
        flight: view(['flight'], {
          arr_delay_7d: mean('arrDelay', { over: sliding(days(7)), where: arrived, clip }),
          arr_delay_30d: mean('arrDelay', { over: sliding(days(30)), where: arrived, clip }),
          arr_late_30d: share('arrDelay', late, { over: sliding(days(30)), where: arrived }),
        }),
      },
      // Flights whose time has come and that have not left: scheduled is an hour ahead, so its window reaches back one more.
      derived: {
        waiting_3h: subtract(
          'origin.scheduled_4h',
          add('origin.scheduled_1h', 'origin.departed_3h', 'origin.cancelled_3h'),
        ),
        waiting_12h: subtract(
          'origin.scheduled_13h',
          add('origin.scheduled_1h', 'origin.departed_12h', 'origin.cancelled_12h'),
        ),
        airline_waiting_12h: subtract(
          'airline.scheduled_13h',
          add('airline.scheduled_1h', 'airline.departed_12h', 'airline.cancelled_12h'),
        ),
      },
    }),
    score({ key: 'id', fallback: 0.2 }),
    labels({
      key: 'id',
      when: arrived,
      task: binary({ column: 'arrDelay', positive: late }),
      never: cancelled,
      timeoutMs: days(2),
    }),
  ],
  control: { everyMs: days(1), mode: 'aligned' },
  retraining: {
    firstRows: 10_000,
    everyRows: 8_000,
    driftedFeatures: 12,
    cooldownMs: days(6),
    rowsMax: 170_000,
    halfLifeMs: days(60),
    gate: { share: 0.35, tolerance: 0.01 },
    trainer: mlp({ steps: 1_000 }),
  },
});

export default flights;
