// The columns of the events: the newest period of each, and its null share over the periods.
import { count, make, put, shortInstant } from '/format.js';

const $ = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';

const nullShare = ({ rows, nulls }) => (rows === 0 ? 0 : nulls / rows);

/** 0 %, 0.04 %, 12 %. */
function percent(share) {
  if (share === 0 || share === 1) return `${share * 100}\u202f%`;
  return `${(share * 100).toPrecision(2).replace(/\.0$/, '')}\u202f%`;
}

/** Six digits, or all of a whole number. */
function number(value) {
  return Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(6)));
}

function range({ min, max }) {
  if (min === null || max === null) return '–';
  return min === max ? number(min) : `${number(min)} – ${number(max)}`;
}

/** A bar for each period, as high as its share of nulls. */
function bars(name, periods) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${periods.length * 5} 16`);
  svg.setAttribute('role', 'img');
  const shares = periods.map(nullShare);
  svg.setAttribute('aria-label', `Nulls of ${name}, by period: ${shares.map(percent).join(', ')}`);
  svg.classList.add('nulls');
  for (const [i, share] of shares.entries()) {
    const height = share === 0 ? 1 : Math.max(2, share * 16);
    const bar = document.createElementNS(SVG, 'rect');
    for (const [attribute, value] of Object.entries({ x: i * 5, y: 16 - height, width: 4, height }))
      bar.setAttribute(attribute, value);
    if (share === 0) bar.classList.add('none');
    svg.append(bar);
  }
  return svg;
}

function line({ name, periods }) {
  const newest = periods.at(-1);
  const nulls = make('td', '', { className: 'number' });
  nulls.append(bars(name, periods), make('span', percent(nullShare(newest))));
  const examples = newest.examples.join(', ') || '–';
  const row = make('tr');
  row.append(
    make('td', name),
    make('td', count(newest.rows), { className: 'number' }),
    nulls,
    make('td', count(newest.distinct), { className: 'number' }),
    make('td', range(newest)),
    make('td', examples, { title: examples }),
  );
  return row;
}

/** Nothing is shown of a topology without a profile stage. */
export function drawColumns(columns) {
  const known = columns.filter(({ periods }) => periods.length > 0);
  $('columns-panel').hidden = known.length === 0;
  if (known.length === 0) return;
  const { fromMs, toMs } = known[0].periods.at(-1);
  put($('columns-period'), `${shortInstant(fromMs)} to ${shortInstant(toMs)}, event time`);
  $('columns').replaceChildren(...known.map(line));
}
