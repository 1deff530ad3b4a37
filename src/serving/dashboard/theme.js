// Colours of the style sheet for drawing on a canvas.

let colours = read();
const listeners = new Set();

function read() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of('ink'),
    ink3: of('ink-3'),
    line: of('line-soft'),
    panel: of('panel'),
    loop: of('loop'),
    loopFill: of('loop-fill'),
    frozen: of('frozen'),
    heat: [0, 1, 2, 3].map((i) => of(`heat-${i}`)),
  };
}

/** The colours of the current scheme. */
export function theme() {
  return colours;
}

/** Calls `draw` when the scheme changes. */
export function onThemeChange(draw) {
  listeners.add(draw);
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colours = read();
  for (const draw of listeners) draw();
});
