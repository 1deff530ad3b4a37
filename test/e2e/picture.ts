/**
 * Takes the README's picture of a running dashboard:
 * `node test/e2e/picture.ts http://localhost:8080/ docs/dashboard.png [dark]`
 */
import { openBrowser } from './browser.ts';

const [url, path, scheme] = process.argv.slice(2);
if (url === undefined || path === undefined)
  throw new Error('usage: node test/e2e/picture.ts URL FILE [dark]');
const browser = await openBrowser();
const page = await browser.newPage({
  viewport: { width: 1440, height: 900 },
  deviceScaleFactor: 2,
  colorScheme: scheme === 'dark' ? 'dark' : 'light',
});
await page.goto(url);
await page.locator('#live tr').first().waitFor();
await page.waitForTimeout(3_000); // animations have ended and the charts have the newest points
await page.screenshot({ path });
await browser.close();
