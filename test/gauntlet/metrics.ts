// What an engine says of itself: /metrics, as a scraper reads it.
import { setTimeout as sleep } from 'node:timers/promises';

/** Sums by metric, and by `metric{label="value"}` for each label. */
export type Scraped = ReadonlyMap<string, number>;

const SETTLE_MS = 150;
const TRIES_MAX = 20;

export function parseMetrics(text: string, topology: string): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (name: string, value: number): void => void sums.set(name, (sums.get(name) ?? 0) + value);
  for (const [, name = '', labels = '', value] of text.matchAll(/^(millrace_\w+)\{(.*)\} (\S+)$/gm)) {
    if (!labels.includes(`topology="${topology}"`)) continue;
    add(name, Number(value));
    for (const [label] of labels.matchAll(/(code|reason)="[^"]*"/g)) add(`${name}{${label}}`, Number(value));
  }
  return sums;
}

async function scrape(url: string, topology: string): Promise<Map<string, number>> {
  return parseMetrics(await (await fetch(new URL('metrics', url))).text(), topology);
}

function isSame(a: Scraped, b: Scraped): boolean {
  return (
    [...a].every(([name, value]) => !name.endsWith('_total') || b.get(name) === value) && a.size === b.size
  );
}

/** The lag is measured every two seconds. */
const LAG_MS_MAX = 15_000;
const LAG = 'millrace_offset_lag_events';

/** The same, once the lag has been measured after the last commit. */
export async function finalMetrics(url: string, topology: string): Promise<Scraped> {
  const untilMs = performance.now() + LAG_MS_MAX;
  let scraped = await settledMetrics(url, topology);
  while ((scraped.get(LAG) ?? 0) !== 0 && performance.now() < untilMs) {
    await sleep(SETTLE_MS);
    scraped = await scrape(url, topology);
  }
  return scraped;
}

/** A server that is busy answers its check late. */
const READY_MS_MAX = 20_000;

/** What /readyz says where it does not come to answer 200; null where it does. */
export async function notReady(url: string): Promise<string | null> {
  const untilMs = performance.now() + READY_MS_MAX;
  for (;;) {
    const response = await fetch(new URL('readyz', url));
    const text = await response.text();
    if (response.status === 200) return null;
    if (performance.now() > untilMs) return `/readyz ${response.status} ${text}`;
    await sleep(SETTLE_MS);
  }
}

/** The counters once they stand still: the last epoch is counted just after its commit. */
async function settledMetrics(url: string, topology: string): Promise<Scraped> {
  let before = await scrape(url, topology);
  for (let i = 0; i < TRIES_MAX; i++) {
    await sleep(SETTLE_MS);
    const now = await scrape(url, topology);
    if (isSame(before, now)) return now;
    before = now;
  }
  return before;
}
