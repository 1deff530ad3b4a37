// All figures of the task, of the loop and the frozen model on the same rows, and the confusion matrix.
import { count, figure, make, put } from '/format.js';

const $ = (id) => document.getElementById(id);

export function drawQualityTable({ figures, moreFigures, quality }) {
  const { loop, frozen, confusion } = quality;
  $('quality-panel').hidden = loop === null;
  if (loop === null) return;
  put($('quality-rows'), `over ${count(loop.n)} labels`);
  $('quality-figures').replaceChildren(
    ...[...figures, ...moreFigures].map((spec) => figureLine(spec, loop, frozen)),
  );
  $('confusion').hidden = confusion === null;
  if (confusion !== null) drawConfusion($('confusion'), confusion.loop);
}

function text(spec, value) {
  if (value === null || value === undefined) return '–';
  return spec.unit === undefined ? figure(spec, value) : `${figure(spec, value)} ${spec.unit}`;
}

function figureLine(spec, loop, frozen) {
  const line = make('tr');
  line.append(
    make('th', spec.title, { scope: 'row' }),
    make('td', text(spec, loop[spec.name]), { className: 'number' }),
    make('td', text(spec, frozen?.[spec.name]), { className: 'number' }),
  );
  return line;
}

/** Rows are labels, columns predictions; the bar of a cell is its share of the row. */
function drawConfusion(table, { classes, counts }) {
  const head = make('tr');
  head.append(
    make('th', 'Label, and prediction', { scope: 'col' }),
    ...classes.map((name) => make('th', name, { scope: 'col', className: 'number' })),
  );
  const lines = counts.map((cells, i) => {
    const total = cells.reduce((sum, cell) => sum + cell, 0);
    const line = make('tr');
    line.append(
      make('th', classes[i], { scope: 'row' }),
      ...cells.map((cell, j) => confusionCell(cell, total === 0 ? 0 : cell / total, i === j)),
    );
    return line;
  });
  table.replaceChildren(head, ...lines);
}

function confusionCell(rows, share, isRight) {
  const cell = make('td', count(rows), { className: isRight ? 'number right' : 'number' });
  cell.title = `${(100 * share).toFixed(1)} % of the label`;
  cell.style.setProperty('--share', String(share));
  return cell;
}
