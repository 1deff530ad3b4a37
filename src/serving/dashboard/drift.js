// The drift strip: one row per feature and one column per window, on the event-time axis of the charts above.
import { make, monthOrDay } from '/format.js';
import { onThemeChange, theme } from '/theme.js';

const AXIS_LEFT_PX = 48;
const AXIS_BOTTOM_PX = 26;
const ROW_MIN_PX = 13;
const ROW_MAX_PX = 22;
const STRIP_PX = 224;
const NARROW_PX = 500;
/** PSI of each colour of the scale: 0.1 is commonly called a shift, 0.25 a large shift. */
const STOPS = [0, 0.1, 0.25, 0.5];

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** The colour of a PSI. */
function heat(psi) {
  const stops = theme().heat.map(channels);
  const upper = Math.max(
    1,
    STOPS.findIndex((stop) => psi < stop),
  );
  const to = psi >= STOPS.at(-1) ? STOPS.length - 1 : upper;
  const share = Math.min(1, Math.max(0, (psi - STOPS[to - 1]) / (STOPS[to] - STOPS[to - 1])));
  const mixed = stops[to].map((channel, i) =>
    Math.round(stops[to - 1][i] + (channel - stops[to - 1][i]) * share),
  );
  return `rgb(${mixed.join(' ')})`;
}

const DAY = 86_400_000;

/** Event times for the axis, about 90 pixels apart: days, weeks or months. */
function ticks(fromMs, toMs, width) {
  const room = Math.max(2, Math.floor(width / 90));
  const stepDays = [1, 2, 7, 14].find((days) => (toMs - fromMs) / (days * DAY) <= room);
  const found = [];
  if (stepDays !== undefined) {
    for (let at = Math.ceil(fromMs / DAY) * DAY; at <= toMs; at += stepDays * DAY) found.push(at);
    return found;
  }
  const months = Math.ceil((toMs - fromMs) / (30.4 * DAY) / room);
  const first = new Date(fromMs);
  for (let m = 0; ; m += months) {
    const at = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + m, 1);
    if (at > toMs) return found;
    if (at >= fromMs) found.push(at);
  }
}

export function driftStrip(canvas, labels, scale, range, promotedTimes) {
  let drift = { features: [], points: [] };
  drawScale(scale);

  function draw() {
    const { features, points } = drift;
    const narrow = canvas.parentElement.clientWidth < NARROW_PX;
    const fair = Math.floor(STRIP_PX / Math.max(1, features.length));
    const row = narrow ? 18 : Math.min(ROW_MAX_PX, Math.max(ROW_MIN_PX, fair));
    const left = AXIS_LEFT_PX;
    const width = canvas.parentElement.clientWidth;
    const height = row * features.length + AXIS_BOTTOM_PX;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const context = canvas.getContext('2d');
    context.scale(devicePixelRatio, devicePixelRatio);
    const [fromMs, toMs] = range();
    const xOf = (atMs) => left + ((atMs - fromMs) / (toMs - fromMs)) * (width - left);
    context.fillStyle = theme().heat[0];
    for (let f = 0; f < features.length; f++) context.fillRect(left, f * row, width - left, row - 2);
    const starts = points.map((_point, p) => Math.max(left, xOf(startOf(points, p))));
    const ends = points.map(({ atMs }) => xOf(atMs));
    for (let f = 0; f < features.length; f++) {
      drawRow(context, points, f, starts, ends, row);
      outlineAlarms(context, points, f, starts, ends, row);
    }
    drawPromotions(context, promotedTimes().map(xOf), left, row * features.length);
    if (features.length > 0)
      drawAxis(context, ticks(fromMs, toMs, width - left), xOf, row * features.length, width);
    for (const item of labels.children) item.style.height = `${row}px`;
  }

  onThemeChange(() => {
    drawScale(scale);
    draw();
  });
  new ResizeObserver(draw).observe(canvas.parentElement);

  return (next) => {
    drift = next;
    const last = next.points.at(-1);
    if (labels.childElementCount !== next.features.length) {
      labels.replaceChildren(...next.features.map((name) => make('li', name, { title: name })));
    }
    for (const [f, item] of [...labels.children].entries())
      item.dataset.drifted = String(last?.drifted[f] ?? false);
    draw();
    const alarmed = next.features.filter((_name, f) => last?.drifted[f]);
    const names = alarmed.length === 0 ? 'none in the newest window' : alarmed.join(', ');
    canvas.setAttribute(
      'aria-label',
      `Drift of ${next.features.length} features over event time; alarms: ${names}`,
    );
  };
}

/** A window starts where the previous one ends; the first is as long as the second. */
function startOf(points, p) {
  const { atMs } = points[p];
  return p > 0 ? points[p - 1].atMs : 2 * atMs - (points[1]?.atMs ?? atMs);
}

function drawRow(context, points, f, starts, ends, row) {
  for (const [p, { psi }] of points.entries()) {
    if (psi[f] == null) continue;
    context.fillStyle = heat(psi[f]);
    context.fillRect(starts[p], f * row, Math.max(1, ends[p] - starts[p]) + 0.4, row - 2);
  }
}

/** One outline around each run of windows with an alarm. */
function outlineAlarms(context, points, f, starts, ends, row) {
  context.strokeStyle = theme().ink;
  context.lineWidth = 1.25;
  let from = null;
  for (const [p, { drifted }] of points.entries()) {
    if (drifted[f]) from ??= p;
    if (from === null || (drifted[f] && p < points.length - 1)) continue;
    const right = ends[drifted[f] ? p : p - 1];
    context.strokeRect(starts[from] + 0.5, f * row + 0.5, Math.max(2, right - starts[from] - 1), row - 3);
    from = null;
  }
}

function drawPromotions(context, xs, left, height) {
  context.fillStyle = theme().ink3;
  context.globalAlpha = 0.45;
  for (const x of xs) if (x >= left) context.fillRect(Math.round(x), 0, 1, height);
  context.globalAlpha = 1;
}

function drawAxis(context, times, xOf, top, width) {
  context.fillStyle = theme().ink3;
  context.font = '11px Inter, system-ui, sans-serif';
  context.textAlign = 'center';
  for (const atMs of times) {
    const x = xOf(atMs);
    context.fillRect(Math.round(x), top, 1, 4);
    if (x < width - 18) context.fillText(monthOrDay(atMs), Math.max(x, 14), top + 17);
  }
}

function drawScale(canvas) {
  const context = canvas.getContext('2d');
  for (let x = 0; x < canvas.width; x++) {
    context.fillStyle = heat((x / canvas.width) * STOPS.at(-1));
    context.fillRect(x, 0, 1, canvas.height);
  }
}
