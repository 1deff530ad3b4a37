// One line through all lanes at the pointer, with the figures at that event time; without a pointer, the newest figures.
import { date, figure, make } from '/format.js';
import { kebab, shownFigures } from '/quality.js';

const $ = (id) => document.getElementById(id);

/** Index of the first point that ends at or after a time; of the last point if there is none. */
function indexAt(points, atMs) {
  const found = points.findIndex((point) => point.atMs >= atMs);
  return found === -1 ? points.length - 1 : found;
}

/** Returns the function that shows the figures after new data. */
export function crosshair(stateNow, range, insetPx) {
  const lanes = $('lanes');
  const line = $('crosshair');
  let atMs = null;

  function show() {
    const state = stateNow();
    if (state === null) return;
    const { points } = state.quality;
    const point = points[atMs === null ? points.length - 1 : indexAt(points, atMs)];
    for (const spec of shownFigures(state.kind, state.figures))
      read($(`read-${kebab(spec.name)}`), point, spec);
  }

  function place(event) {
    const plot = $('model-marks').getBoundingClientRect();
    const share = (event.clientX - plot.left - insetPx) / (plot.width - insetPx);
    if (share < 0 || share > 1) {
      leave();
      return;
    }
    const [from, to] = range();
    atMs = from + share * (to - from);
    line.hidden = false;
    line.style.left = `${event.clientX - lanes.getBoundingClientRect().left}px`;
    line.firstElementChild.textContent = label(stateNow(), atMs);
    show();
  }

  function leave() {
    atMs = null;
    line.hidden = true;
    show();
  }

  lanes.addEventListener('pointermove', place);
  lanes.addEventListener('pointerleave', leave);
  return show;
}

function read(element, point, spec) {
  const [loop, frozen] = [point?.loop?.[spec.name] ?? null, point?.frozen?.[spec.name] ?? null];
  if (loop === null) return;
  const parts = [make('b', figure(spec, loop), { className: 'loop' }), make('span', 'loop')];
  if (frozen !== null)
    parts.push(make('b', figure(spec, frozen), { className: 'frozen' }), make('span', 'frozen'));
  element.replaceChildren(...parts);
}

/** The date, and the features with an alarm. */
function label(state, atMs) {
  const { features, points } = state.drift;
  const point = points[indexAt(points, atMs)];
  const alarmed = features.filter((_name, f) => point?.drifted[f]);
  const drift =
    alarmed.length === 0
      ? ''
      : ` · drift: ${alarmed.slice(0, 3).join(', ')}${alarmed.length > 3 ? ' …' : ''}`;
  return date(atMs) + drift;
}
