// Line charts, by uPlot.
import uPlot from '/uplot.js';
import { count, duration, figure, significant } from '/format.js';
import { onThemeChange, theme } from '/theme.js';

const FONT = '11px Inter, system-ui, sans-serif';
const Y_AXIS_PX = 48;
const X_AXIS_PX = 26;
const X_LABEL_ROOM_PX = 16;
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

function yAxis(values) {
  return {
    size: Y_AXIS_PX,
    gap: 6,
    font: FONT,
    stroke: () => theme().ink3,
    grid: { stroke: () => theme().line, width: 1 },
    ticks: { show: false },
    space: 24,
    values: (plot, ticks) =>
      ticks.map((value) => (value === null || plot.data[0].length === 0 ? '' : values(value))),
  };
}

/** A chart that fills its element, follows its width, and is redrawn when the colour scheme changes. */
function open(element, options, data, right = 0) {
  const size = () => ({ width: Math.max(80, element.clientWidth), height: element.clientHeight });
  const plot = new uPlot(
    { ...options, ...size(), legend: { show: false }, cursor: { show: false }, padding: [8, right, 7, 0] },
    data,
    element,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(element);
  onThemeChange(() => plot.redraw(false, true));
  return plot;
}

/** Thin lines at the event times at which a model was promoted. */
function promotions(times) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = theme().ink3;
    ctx.globalAlpha = 0.45;
    ctx.lineWidth = devicePixelRatio;
    for (const atMs of times()) {
      const x = Math.round(plot.valToPos(atMs / 1_000, 'x', true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
}

/** One figure of the loop and the frozen model over event time; `range` returns the common [fromMs, toMs] of the lanes. */
export function qualityChart(element, spec, range, promotedTimes) {
  const plot = open(
    element,
    {
      scales: {
        x: { time: true, range: () => range().map((ms) => ms / 1_000) },
        y: { range: (_plot, min, max) => padded(min, max, stepOf(spec, max)) },
      },
      axes: [{ show: false }, yAxis((value) => tickText(spec, value))],
      series: [
        {},
        { stroke: () => theme().frozen, width: 1.5, dash: [5, 4], points: { show: false }, spanGaps: true },
        { stroke: () => theme().loop, width: 2, points: { show: false }, spanGaps: true },
      ],
      hooks: { drawAxes: [promotions(promotedTimes)] },
    },
    [[], [], []],
  );
  return (points) => {
    const { name, title } = spec;
    plot.setData([
      points.map(({ atMs }) => atMs / 1_000),
      points.map(({ frozen }) => frozen?.[name] ?? null),
      points.map(({ loop }) => loop?.[name] ?? null),
    ]);
    const last = points.at(-1);
    const [loop, frozen] = [last?.loop?.[name] ?? null, last?.frozen?.[name] ?? null];
    if (loop === null) return;
    const beside = frozen === null ? '' : `, frozen model ${figure(spec, frozen)}`;
    element.setAttribute(
      'aria-label',
      `${title} over event time; newest: loop ${figure(spec, loop)}${beside}`,
    );
  };
}

function stepOf({ digits, significant: isSignificant }, max) {
  return isSignificant ? Math.abs(max) / 100 || 1 : 10 ** -(digits - 2);
}

function tickText({ digits, significant: isSignificant }, value) {
  return isSignificant ? significant(value, digits) : value.toFixed(Math.max(0, digits - 2));
}

/** `step` is the smallest difference on the axis. */
function padded(min, max, step) {
  if (min === null || max === null) return [0, 1];
  const room = Math.max(step, (max - min) * 0.12);
  return [min - room, max + room];
}

/** Lines over wall-clock time, from zero. `lines` are uPlot series. */
function wallChart(element, values, lines) {
  return open(
    element,
    {
      scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] } },
      axes: [
        {
          size: X_AXIS_PX,
          gap: 4,
          font: FONT,
          stroke: () => theme().ink3,
          grid: { show: false },
          ticks: { show: false },
          space: 90,
          incrs: [10, 30, 60, 300, 600, 1_800, 3_600],
          values: (_plot, ticks) =>
            ticks.map((value) => (value % 60 === 0 ? clock.format(value * 1_000) : '')),
        },
        { ...yAxis(values), size: Y_AXIS_PX + 8 },
      ],
      series: [{}, ...lines.map((line) => ({ points: { show: false }, spanGaps: true, ...line }))],
    },
    [[], ...lines.map(() => [])],
    X_LABEL_ROOM_PX,
  );
}

export function throughputChart(element) {
  const short = (value) => (value >= 10_000 ? `${value / 1_000}k` : count(value));
  const plot = wallChart(element, short, [
    { stroke: () => theme().loop, fill: () => theme().loopFill, width: 2 },
  ]);
  return (series) => {
    plot.setData([
      series.map(({ atMs }) => atMs / 1_000),
      series.map(({ eventsPerSecond }) => eventsPerSecond),
    ]);
    const last = series.at(-1);
    if (last !== undefined)
      element.setAttribute('aria-label', `Events per second; newest: ${count(last.eventsPerSecond)}`);
  };
}

export function latencyChart(element) {
  const plot = wallChart(
    element,
    (value) => (value === 0 ? '0' : duration(value).join(' ').replace('.0 ', ' ')),
    [
      { stroke: () => theme().ink3, width: 1.5 },
      { stroke: () => theme().loop, fill: () => theme().loopFill, width: 2 },
    ],
  );
  return (series) => {
    plot.setData([
      series.map(({ atMs }) => atMs / 1_000),
      series.map(({ p50Ms }) => p50Ms),
      series.map(({ p99Ms }) => p99Ms),
    ]);
    const last = series.findLast(({ p99Ms }) => p99Ms !== null);
    if (last !== undefined)
      element.setAttribute('aria-label', `Latency; newest p99: ${duration(last.p99Ms).join(' ')}`);
  };
}
