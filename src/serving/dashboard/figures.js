// The header, the figures, the totals and the partitions.
import { count, duration, instant, make, put, shortInstant, significant, span } from '/format.js';

const $ = (id) => document.getElementById(id);

const STATUS = {
  starting: 'starting',
  replaying: 'replaying',
  live: 'live',
  finished: 'replay finished',
  stopping: 'stopping',
};

export function drawHeader(state) {
  put($('topology'), state.topology);
  document.body.dataset.kind = state.kind;
  if (state.kind === 'unlabelled') put($('timeline-title'), 'Models and drift');
  document.title = `Millrace · ${state.topology}`;
  const clock = $('clock');
  if (state.eventTimeMs !== null) {
    put(clock, `${instant(state.eventTimeMs)} UTC`);
    clock.dateTime = new Date(state.eventTimeMs).toISOString();
  }
  const speed = state.speed === null || state.status !== 'replaying' ? '' : ` ${count(state.speed)}×`;
  drawStatus(state.status, STATUS[state.status] + speed);
  put($('uptime'), `up ${span(Math.max(1_000, Date.now() - state.startedMs))}`);
  const progress = $('progress');
  progress.hidden = state.span === null || state.eventTimeMs === null;
  if (!progress.hidden) {
    const share = (state.eventTimeMs - state.span.fromMs) / (state.span.toMs - state.span.fromMs);
    progress.firstElementChild.style.width = `${Math.min(100, Math.max(0, share * 100))}%`;
  }
}

/** `lost` if the engine does not answer. */
export function drawStatus(status, words) {
  const pill = $('status');
  pill.dataset.status = status;
  put(pill.querySelector('b'), words);
}

export function drawFigures(state) {
  put($('events-rate'), count(state.rates.eventsPerSecond));
  put($('events-total'), `${count(state.totals.events)} in total`);
  put($('predictions-rate'), count(state.rates.predictionsPerSecond));
  put($('predictions-total'), `${count(state.totals.predictions)} in total`);
  if (state.latencyMs !== null) {
    const [figure, unit] = duration(state.latencyMs.p99);
    put($('latency-p99'), figure);
    put($('latency-unit'), unit);
    put($('latency-rest'), `p50 ${span(state.latencyMs.p50)} · p99.9 ${span(state.latencyMs.p999)}`);
  }
  drawAlerts(state);
  if (state.watermarkLagMs !== null) {
    const [figure, unit] = duration(state.watermarkLagMs);
    put($('lag'), figure);
    put($('lag-unit'), unit);
  }
  const behind = state.partitions.reduce((sum, { lag }) => sum + lag, 0);
  put($('lag-events'), behind === 0 ? 'at the end of the log' : `${count(behind)} events behind`);
  spark(
    $('events-spark'),
    state.series.map(({ eventsPerSecond }) => eventsPerSecond),
  );
  spark(
    $('latency-spark'),
    state.series.map(({ p99Ms }) => p99Ms),
  );
}

/** Of the predictions that models made: fallbacks are none. */
function drawAlerts({ alertRate, totals }) {
  $('alerts-tile').hidden = alertRate === null;
  if (alertRate === null) return;
  const scored = totals.predictions - totals.fallbacks;
  if (scored > 0) put($('alerts-share'), significant((100 * totals.alerts) / scored, 2));
  put($('alerts-total'), `${count(totals.alerts)} in total, goal ${significant(100 * alertRate, 2)}\u202f%`);
}

const SPARK_POINTS = 60;

function spark(svg, all) {
  const values = all.slice(-SPARK_POINTS).filter((value) => value !== null);
  const max = Math.max(...values, 1e-9);
  const step = 100 / Math.max(1, values.length - 1);
  const path = values.map(
    (value, i) => `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(2)} ${(24 - (value / max) * 22).toFixed(2)}`,
  );
  svg.firstElementChild.setAttribute('d', path.join(''));
}

export function drawPartitions(partitions) {
  put($('partitions-count'), `${partitions.length} in this process`);
  const rows = partitions.map((row) => {
    const watermark = row.watermarkMs === null ? '–' : shortInstant(row.watermarkMs);
    const cells = [make('td', String(row.partition))];
    cells.push(make('td', count(row.offset), { className: 'number' }));
    cells.push(make('td', count(row.lag), { className: 'number' }));
    cells.push(make('td', watermark));
    cells.push(make('td', String(row.generation), { className: 'number' }));
    const line = make('tr');
    line.append(...cells);
    return line;
  });
  $('partitions').replaceChildren(...rows);
}

export function drawAccounts(state) {
  const { totals } = state;
  const accounts = [
    ['events', totals.events],
    ...(state.kind === 'features'
      ? []
      : [
          ['predictions', totals.predictions],
          ['fallback scores', totals.fallbacks],
        ]),
    ...(state.alertRate === null ? [] : [['alerts', totals.alerts]]),
    ...(state.kind === 'labelled' ? [['labels joined', totals.labels]] : []),
    ['late', totals.late],
    ['dead letters', totals.deadLetters],
  ];
  $('accounts').replaceChildren(
    ...accounts.map(([name, value]) => {
      const cell = make('div');
      cell.append(make('dt', name), make('dd', count(value)));
      return cell;
    }),
  );
  const stages = $('stages');
  if (stages.childElementCount === state.stages.length) return;
  stages.replaceChildren(
    ...state.stages.map((stage) => {
      const item = make('li');
      item.append(make('span', stage));
      return item;
    }),
  );
}
