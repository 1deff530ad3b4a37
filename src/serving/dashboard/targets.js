// The targets of a topology with several: a link for each. The page shows the one that its address names.
import { make } from '/format.js';

const list = document.getElementById('targets');
let drawn = null;

/** The target that is shown; null where the topology has one alone. */
export function drawnTarget() {
  return drawn;
}

/** The query of a request for the state of the target that is shown; empty for the main one. */
export function shownTarget() {
  const target = new URLSearchParams(location.search).get('target');
  return target === null ? '' : `?target=${encodeURIComponent(target)}`;
}

export function drawTargets({ target = null, targets = [] }) {
  drawn = target;
  list.hidden = targets.length === 0;
  if (list.childElementCount === targets.length) return;
  list.replaceChildren(
    ...targets.map((name) =>
      make('a', name, {
        href: `?target=${encodeURIComponent(name)}`,
        ...(name === target ? { 'aria-current': 'page' } : {}),
      }),
    ),
  );
}
