// The dashboard in a real browser: drawn from the state, fed by a real WebSocket, readable in both schemes.
import type { Page } from 'playwright-core';
import t from 'tap';
import { chromiumPath } from '../support/services.ts';
import type { DashboardState } from '../../src/serving/dashboard-state.ts';
import { openExampleServing } from '../support/example-serving.ts';
import { predictionBlock } from '../support/prediction-block.ts';
import { openBrowser } from './browser.ts';
import { lowContrasts } from './contrast.ts';
import { exampleAnomaly, exampleFeatures } from './example-kinds.ts';
import { exampleRegression, exampleStart, exampleState } from './example-run.ts';

t.comment(`browser: ${chromiumPath()}`);
const browser = await openBrowser();
t.teardown(() => browser.close());

let days = 262;
let broken = false;
let isRegression = false;
let other: (() => DashboardState) | null = null;
const { serving, hub } = await openExampleServing({
  state: () => {
    if (broken) throw new Error('down');
    if (other !== null) return other();
    if (isRegression) return exampleRegression(days, Date.now());
    return days === 0 ? exampleStart(Date.now()) : exampleState(days, Date.now());
  },
});
t.teardown(() => serving.close(500));
let offset = 0;
const feed = setInterval(() => {
  const block = predictionBlock({ topic: 'flights', partition: 0 }, [offset++, offset++, offset++], 'v7');
  hub.predictions('flights', { ...block, keys: block.keys.map((key) => `UA ${key}`) });
}, 50);
t.teardown(() => clearInterval(feed));

interface Opened {
  readonly page: Page;
  /** Console messages and errors of the page. */
  readonly complaints: string[];
}

async function open(width: number, height: number, colorScheme: 'light' | 'dark'): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  const complaints: string[] = [];
  page.on('console', (message) => void complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => void complaints.push(error.message));
  await page.goto(serving.url);
  await page.locator('#live tr').first().waitFor();
  return { page, complaints };
}

/** The number of colours in a canvas, without transparent ones: a blank canvas has none. */
const coloursOf = `(selector) => {
  const canvas = document.querySelector(selector);
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return colours.size;
}`;

function colours(page: Page, selector: string): Promise<number> {
  return page.evaluate<number>(`(${coloursOf})(${JSON.stringify(selector)})`);
}

await t.test('the dashboard draws the state', async (t) => {
  const { page, complaints } = await open(1440, 900, 'light');
  t.equal(await page.locator('#topology').textContent(), 'flights');
  t.match(await page.locator('#clock').textContent(), 'Fri 20 Sept 2013, 06:42 UTC');
  t.match(await page.locator('#status').textContent(), 'replaying 3,600×');
  t.equal(await page.locator('#log-loss').textContent(), '0.514');
  t.match(await page.locator('#log-loss-frozen').textContent(), '−0.034 vs frozen 0.549');
  t.match(await page.locator('#latency-rest').textContent(), /p50 0\.98.ms · p99\.9 7\.9.ms/);
  for (const chart of ['log-loss', 'auc', 'throughput', 'latency']) {
    t.ok((await colours(page, `#chart-${chart} canvas`)) > 10, `${chart} is drawn`);
    t.match(await page.locator(`#chart-${chart}`).getAttribute('aria-label'), /newest/);
  }
  t.ok((await colours(page, '#drift')) > 50, 'the drift strip has shades');
  t.equal(await page.locator('#drift-labels li').count(), 16);
  t.equal(await page.locator('#partitions tr').count(), 4);
  t.equal(await page.locator('#columns tr').count(), 3);
  t.match(
    await page.locator('#columns tr').nth(2).innerText(),
    /depDelay\s+963\s+72\s%\s+188\s+-21 – 301\.5\s+-4, 12, 77\.5/,
  );
  t.match(
    await page.locator('#columns tr').nth(1).innerText(),
    /412\s+–\s+–/,
    'nothing of a sensitive column',
  );
  t.match(await page.locator('#quality-figures').innerText(), /PR-AUC\s+0\.461\s+0\.413\s+Brier score/);
  t.match(await page.locator('#confusion').innerText(), /positive\s+18,113\s+12,000/);
  t.match(await page.locator('#training').textContent(), /Training\s*drift in temp/);
  const { models } = exampleState(days, 0);
  t.equal(await page.locator('#models details').count(), models.length);
  t.equal(await page.locator('.mark-button').count(), models.length);
  t.same(complaints, [], 'the console is silent');
  await page.close();
});

await t.test('live rows arrive through the WebSocket', async (t) => {
  const { page } = await open(1440, 900, 'light');
  const newest = (): Promise<string | null> => page.locator('#live tr').first().getAttribute('data-id');
  const first = await newest();
  t.match(first, /^flights-0-\d+$/);
  await page.locator(`#live tr:first-child:not([data-id="${first}"])`).waitFor();
  t.match(await page.locator('#live tr').first().textContent(), /UA k\d1 Jan 00:\d\d0\.\d\dv7/);
  t.ok((await page.locator('#live tr').count()) <= 10);
  await page.close();
});

await t.test('verdicts: by pointer, by keyboard, in the list', async (t) => {
  const { page } = await open(1440, 900, 'light');
  const rejected = page.locator('.mark-button[data-verdict=rejected]').first();
  await rejected.hover();
  t.match(await page.locator('.bubble').textContent(), 'Not clearly better');
  await page.mouse.move(5, 5);
  t.equal(await page.locator('.bubble').count(), 0);
  await rejected.focus();
  t.equal(await page.locator('.bubble').count(), 1);
  await page.keyboard.press('Enter');
  const opened = page.locator('#models details[open]');
  t.match(await opened.textContent(), 'Not clearly better');
  await page.waitForTimeout(1_500); // the state is redrawn
  t.equal(await opened.count(), 1, 'details that were opened stay open');
  await page.close();
});

await t.test('the crosshair shows the values of all lanes at one event time', async (t) => {
  const { page } = await open(1440, 900, 'light');
  const read = page.locator('#read-log-loss');
  const newest = await read.textContent();
  const box = await page.locator('#chart-auc').boundingBox();
  await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) * 0.6, (box?.y ?? 0) + 40);
  t.match(await page.locator('#crosshair').textContent(), /\d+ \w+ 2013/);
  t.not(await read.textContent(), newest);
  await page.mouse.move(5, 5);
  t.equal(await read.textContent(), newest);
  await page.close();
});

for (const scheme of ['light', 'dark'] as const) {
  await t.test(`readable in the ${scheme} scheme`, async (t) => {
    const { page, complaints } = await open(1440, 900, scheme);
    t.same(await page.evaluate(lowContrasts), [], 'every text has a contrast of 4.5 or more');
    t.same(complaints, []);
    await page.close();
  });
}

await t.test('a phone scrolls in one direction', async (t) => {
  const { page } = await open(390, 844, 'dark');
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  t.ok((await colours(page, '#chart-auc canvas')) > 10);
  await page.close();
});

await t.test('another task has its own figures, with their unit', async (t) => {
  isRegression = true;
  await new Promise((resolve) => setTimeout(resolve, 600)); // the snapshot of the previous tests is stale
  const { page, complaints } = await open(1440, 900, 'light');
  t.equal(await page.locator('.figures dt').last().textContent(), 'Mean absolute error');
  t.equal(await page.locator('#mae').textContent(), '10.3');
  t.match(await page.locator('.figures > div').last().textContent(), /10\.3min.*−0\.7 vs frozen 11\.0/);
  t.equal(await page.locator('.lane .chart').count(), 1);
  t.match(await page.locator('#chart-mae').getAttribute('aria-label'), /newest: loop \d+\.\d/);
  t.match(await page.locator('#read-mae').textContent(), /\d+\.\dloop\d+\.\dfrozen/);
  t.match(await page.locator('#models details').first().textContent(), /mean absolute error \d+\.\d min/);
  t.equal(await page.locator('#log-loss').count(), 0);
  t.same(complaints, []);
  isRegression = false;
  await page.close();
});

await t.test('without labels there is no quality, and there are alerts', async (t) => {
  other = () => exampleAnomaly(days, Date.now());
  await new Promise((resolve) => setTimeout(resolve, 600)); // the snapshot of the previous tests is stale
  const { page, complaints } = await open(1440, 900, 'light');
  t.match(await page.locator('#alerts-tile').innerText(), /Alerts\s+1\s*%\s+2,146 in total, goal 1.%/);
  t.equal(await page.locator('#timeline-title').innerText(), 'Models and drift');
  t.equal(await page.locator('.lane .chart').count(), 0);
  t.notMatch(await page.locator('main').innerText(), /frozen|labels|lower is better/);
  t.match(await page.locator('#models details').first().textContent(), /alert rate 0\.0112/);
  t.match(await page.locator('#accounts').innerText(), /alerts\s+2,146/);
  t.same(complaints, []);
  other = null;
  await page.close();
});

await t.test('features alone have no predictions, models and latencies', async (t) => {
  other = () => exampleFeatures(days, Date.now());
  await new Promise((resolve) => setTimeout(resolve, 600)); // the snapshot of the previous tests is stale
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(serving.url);
  await page.locator('#partitions tr').first().waitFor();
  const shown = await page.locator('main').innerText();
  t.match(shown, /Events[\s\S]*Watermark lag[\s\S]*Throughput[\s\S]*Partitions[\s\S]*Totals/);
  t.notMatch(shown, /predictions|models|latency|fallback|labels|drift/i);
  const [wall, partitions] = [
    await page.locator('.wall').first().boundingBox(),
    await page.locator('.partitions').boundingBox(),
  ];
  t.equal(wall?.y, partitions?.y, 'side by side');
  other = null;
  await page.close();
});

await t.test('a run that has just started, and an engine that becomes unavailable and returns', async (t) => {
  days = 0;
  await new Promise((resolve) => setTimeout(resolve, 600)); // the snapshot of the previous tests is stale
  const { page, complaints } = await open(1440, 900, 'light');
  t.match(await page.locator('#models').textContent(), /No model yet/);
  t.equal(await page.locator('#log-loss').textContent(), '–');
  t.same(complaints, []);
  broken = true;
  await page.locator('#status[data-status=lost]').waitFor();
  broken = false;
  days = 60;
  await page.locator('#status[data-status=replaying]').waitFor();
  t.match(await page.locator('#clock').textContent(), 'Sat 2 Mar 2013');
  await page.close();
});
