// Numbers and times as text. Event time is UTC.

/** 1234567 as 1,234,567; larger numbers as 12.3M, so that a column of figures keeps its width. */
export function count(n) {
  if (n >= 1e9) return `${(n / 1e9).toFixed(2)}G`;
  if (n >= 1e7) return `${(n / 1e6).toFixed(1)}M`;
  return Math.round(n).toLocaleString('en');
}

/** A figure and its unit: 0.42 ms, 12.3 s, 4 min. */
export function duration(ms) {
  if (ms < 1) return [ms.toFixed(2), 'ms'];
  if (ms < 1_000) return [ms < 10 ? ms.toFixed(1) : ms.toFixed(0), 'ms'];
  if (ms < 120_000) return [(ms / 1_000).toFixed(1), 's'];
  if (ms < 7_200_000) return [(ms / 60_000).toFixed(0), 'min'];
  if (ms < 172_800_000) return [(ms / 3_600_000).toFixed(1), 'h'];
  return [(ms / 86_400_000).toFixed(0), 'd'];
}

/** Plain text of a duration. */
export function span(ms) {
  return duration(ms).join('\u202f');
}

const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

function fields(ms) {
  return Object.fromEntries(parts.formatToParts(ms).map(({ type, value }) => [type, value]));
}

/** Thu 14 Mar 2013, 06:40 */
export function instant(ms) {
  const { weekday, day, month, year, hour, minute } = fields(ms);
  return `${weekday} ${day} ${month} ${year}, ${hour}:${minute}`;
}

/** 14 Mar 2013 */
export function date(ms) {
  const { day, month, year } = fields(ms);
  return `${day} ${month} ${year}`;
}

/** 14 Mar 06:40 */
export function shortInstant(ms) {
  const { day, month, hour, minute } = fields(ms);
  return `${day} ${month} ${hour}:${minute}`;
}

/** Mar on the first of a month, else 14 Mar. */
export function monthOrDay(ms) {
  const { day, month } = fields(ms);
  return day === '1' ? month : `${day} ${month}`;
}

/** A number in any unit: 644.1, 0.00123. */
export function significant(value, digits) {
  return String(Number(value.toPrecision(digits)));
}

/** A quality figure with one digit less than in reports: 0.522. Without its unit. */
export function figure({ digits, significant: isSignificant }, value) {
  if (isSignificant) return significant(value, digits);
  return value.toFixed(Math.max(0, digits - 1));
}

/** Sets text only if it changed: that avoids layout, and keeps the cursor of a screen reader. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with its text and properties. */
export function make(tag, text = '', properties = {}) {
  const element = document.createElement(tag);
  if (text !== '') element.textContent = text;
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('data-') || name.startsWith('aria-')) element.setAttribute(name, value);
    else element[name] = value;
  }
  return element;
}
