// The models: marks on the event-time axis, the list with verdicts, the current training.
import { date, figure, make, put } from '/format.js';

const $ = (id) => document.getElementById(id);
const VERDICT = {
  promoted: 'promoted',
  rejected: 'rejected',
  rolled_back: 'rolled back',
  pending: 'in evaluation',
};

/** A short text about a model, for the name of its mark and its bubble. */
function title(model) {
  return `${model.version} · ${VERDICT[model.verdict]} · ${date(model.trainedAtMs)}`;
}

let specs = [];

function figuresOf(model) {
  return specs
    .filter(({ name }) => (model.figures[name] ?? null) !== null)
    .map((spec) => [spec.title, figure(spec, model.figures[spec.name]), spec.unit ?? ''].join(' ').trim())
    .join(' · ');
}

let drawn = '';

/** `xShareOf` maps an event time to 0..1 of the lane; `insetPx` is the width of its left axis. */
export function drawModels({ models, figures, kind }, xShareOf, insetPx) {
  specs = figures;
  const promoted = models.filter(({ verdict }) => verdict === 'promoted').length;
  put($('models-count'), models.length === 0 ? '' : `${models.length} trained, ${promoted} promoted`);
  placeMarks(models, xShareOf, insetPx);
  const print = JSON.stringify(models);
  if (print === drawn) return; // keeps opened details open
  drawn = print;
  if (models.length === 0) {
    const until = kind === 'labelled' ? 'there are enough labels to train one' : 'there is one';
    const words = `No model yet: predictions have the fallback score until ${until}.`;
    $('models').replaceChildren(make('li', words, { className: 'empty' }));
    return;
  }
  const open = new Set(
    [...document.querySelectorAll('#models details[open]')].map(({ dataset }) => dataset.version),
  );
  $('models').replaceChildren(...models.toReversed().map((model) => item(model, open.has(model.version))));
}

function item(model, open) {
  const details = make('details', '', { open, 'data-version': model.version, 'data-verdict': model.verdict });
  const name = make('span', model.version, { className: 'name' });
  name.append(make('small', date(model.trainedAtMs)));
  const summary = make('summary');
  const words = model.status === 'champion' ? 'champion' : VERDICT[model.verdict];
  summary.append(
    make('span', '', { className: 'dot', 'aria-hidden': 'true' }),
    name,
    make('span', words, { className: 'badge', 'data-status': model.status }),
    make('span', `${figuresOf(model)} · ${model.reason}`, { className: 'sub' }),
  );
  details.append(summary, make('p', model.why, { className: 'why' }));
  const line = make('li');
  line.append(details);
  return line;
}

const marks = new Map();

function placeMarks(models, xShareOf, insetPx) {
  const lane = $('model-marks');
  for (const model of models) {
    let mark = marks.get(model.version);
    if (mark === undefined) {
      mark = make('button', '', { type: 'button', className: 'mark-button', 'aria-expanded': 'false' });
      marks.set(model.version, mark);
      lane.append(mark);
      for (const event of ['pointerenter', 'focus']) mark.addEventListener(event, () => bubble(mark));
      for (const event of ['pointerleave', 'blur']) mark.addEventListener(event, () => bubble(null));
      mark.addEventListener('click', () => reveal(mark.model.version));
    }
    mark.model = model;
    mark.dataset.verdict = model.verdict;
    mark.setAttribute('aria-label', title(model));
    const share = xShareOf(model.trainedAtMs);
    mark.hidden = share < 0 || share > 1;
    mark.style.left = `calc(${insetPx}px + (100% - ${insetPx}px) * ${share})`;
  }
  for (const [version, mark] of marks) {
    if (models.some((model) => model.version === version)) continue;
    mark.remove();
    marks.delete(version);
  }
}

/** Shows the verdict of the gate on the mark's model; null hides it. */
function bubble(mark) {
  const lane = $('model-marks');
  lane.querySelector('.bubble')?.remove();
  for (const other of marks.values()) other.setAttribute('aria-expanded', String(other === mark));
  if (mark === null) return;
  const box = make('div', '', { className: 'bubble' });
  box.append(make('b', title(mark.model)), make('span', `${mark.model.why} (${figuresOf(mark.model)})`));
  lane.append(box);
  const left = Math.min(
    Math.max(0, mark.offsetLeft - box.offsetWidth / 2 + 12),
    lane.clientWidth - box.offsetWidth,
  );
  box.style.left = `${left}px`;
}

/** Opens a model in the list. */
function reveal(version) {
  const details = document.querySelector(`#models details[data-version="${CSS.escape(version)}"]`);
  if (details === null) return;
  details.open = true;
  const list = $('models');
  list.scrollTo({ top: details.offsetTop - list.offsetTop - 8 });
}

const PHASE = {
  queued: 'Training queued',
  reading: 'Reading the training set',
  training: 'Training',
  judging: 'Evaluating at the gate',
};

export function drawTraining(training) {
  const box = $('training');
  box.hidden = training === null;
  if (training === null) return;
  const rows = training.rows === null ? '' : `, ${training.rows.toLocaleString('en')} rows`;
  put($('training-what'), PHASE[training.phase]);
  put($('training-why'), `${training.reason}, ${date(training.requestedAtMs)}${rows}`);
  const bar = box.querySelector('.bar');
  bar.hidden = training.progress === null;
  if (training.progress !== null) bar.firstElementChild.style.width = `${training.progress * 100}%`;
}
