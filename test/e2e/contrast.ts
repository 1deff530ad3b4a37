/** Runs in the page: lists texts whose contrast is below WCAG AA (4.5, or 3 for large text), as `text: ratio`. */

// Declarations of browser functions that Node does not have: this file is sent to the page unchanged.
interface Style {
  readonly color: string;
  readonly backgroundColor: string;
  readonly fontSize: string;
  readonly fontWeight: string;
}
interface Node {
  readonly nodeType: number;
  readonly textContent: string | null;
}
interface Element extends Node {
  readonly parentElement: Element | null;
  readonly childNodes: Iterable<Node>;
  checkVisibility(): boolean;
}
declare const document: { querySelectorAll(selector: string): Iterable<Element> };
declare function getComputedStyle(element: Element): Style;

/** Self-contained, because it is serialised into the page. */
export function lowContrasts(): string[] {
  const TEXT_NODE = 3;
  const channels = (css: string): number[] => {
    const numbers = (css.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    const [r = 0, g = 0, b = 0, alpha = 1] = numbers;
    return css.startsWith('color(') ? [r * 255, g * 255, b * 255, alpha] : [r, g, b, alpha];
  };
  const over = (top: number[], below: number[]): number[] => {
    const alpha = top[3] ?? 1;
    return [0, 1, 2].map((i) => (top[i] ?? 0) * alpha + (below[i] ?? 0) * (1 - alpha));
  };
  const background = (element: Element | null): number[] => {
    if (element === null) return [255, 255, 255];
    const own = channels(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, background(element.parentElement));
  };
  const luminance = (colour: number[]): number => {
    const linear = colour.slice(0, 3).map((channel) => {
      const c = channel / 255;
      return c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
  };
  const low: string[] = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].find(
      (node) => node.nodeType === TEXT_NODE && node.textContent?.trim(),
    );
    if (text === undefined || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const behind = background(element);
    const a = luminance(over(channels(style.color), behind));
    const b = luminance(behind);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large =
      parseFloat(style.fontSize) >= 24 ||
      (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) low.push(`${text.textContent?.trim()}: ${ratio.toFixed(2)}`);
  }
  return low;
}
