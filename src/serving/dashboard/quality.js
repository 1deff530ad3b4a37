// The task's headline figures: a tile and a lane with a chart for each, built from the first state.
import { qualityChart } from '/charts.js';
import { count, figure, make, put } from '/format.js';

const $ = (id) => document.getElementById(id);

/** `logLoss` as in element ids: log-loss. */
export function kebab(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `log loss` becomes Log loss; AUC is unchanged. */
function heading(title) {
  return title.charAt(0).toUpperCase() + title.slice(1);
}

/** Those with a course over time: without labels there is none. */
export function shownFigures(kind, figures) {
  return kind === 'labelled' ? figures : [];
}

function tile(spec) {
  const id = kebab(spec.name);
  const box = make('div');
  const value = make('dd');
  value.append(make('b', '–', { id }));
  if (spec.unit !== undefined) value.append(make('small', spec.unit));
  box.append(
    make('dt', heading(spec.title)),
    value,
    make('dd', '', { className: 'note', id: `${id}-frozen` }),
  );
  return box;
}

function lane(spec) {
  const id = kebab(spec.name);
  const box = make('div', '', { className: 'lane' });
  const gutter = make('div', '', { className: 'gutter' });
  const title = make('h3', heading(spec.title));
  if (spec.unit !== undefined) title.append(make('small', ` ${spec.unit}`));
  gutter.append(
    title,
    make('p', `${spec.better} is better`),
    make('p', '', { className: 'read', id: `read-${id}` }),
  );
  const label = `${heading(spec.title)} over event time`;
  box.append(
    gutter,
    make('div', '', { className: 'plot chart', id: `chart-${id}`, role: 'img', 'aria-label': label }),
  );
  return box;
}

/** Returns the function that draws a state. `range` returns the common [fromMs, toMs] of the lanes. */
export function qualityFigures(range, promotedTimes) {
  let charts = null;

  function build(specs) {
    $('figures').append(...specs.map(tile));
    $('lanes').prepend(...specs.map(lane));
    // A chart takes the size of its element, which must be in the document.
    charts = specs.map((spec) => qualityChart($(`chart-${kebab(spec.name)}`), spec, range, promotedTimes));
  }

  return ({ kind, figures: all, quality }) => {
    const figures = shownFigures(kind, all);
    if (charts === null) build(figures);
    for (const draw of charts) draw(quality.points);
    for (const spec of figures) compare(spec, quality);
  };
}

function compare(spec, { loop, frozen }) {
  const id = kebab(spec.name);
  const value = loop?.[spec.name] ?? null;
  if (value === null) return;
  put($(id), figure(spec, value));
  const note = $(`${id}-frozen`);
  const other = frozen?.[spec.name] ?? null;
  if (other === null) {
    put(note, `over ${count(loop.n)} labels`);
    return;
  }
  const gain = value - other;
  const mark = make('span', `${gain < 0 ? '−' : '+'}${figure(spec, Math.abs(gain))}`);
  mark.className = (spec.better === 'lower' ? -gain : gain) >= 0 ? 'better' : 'worse';
  note.replaceChildren(mark, ` vs frozen ${figure(spec, other)}`);
}
