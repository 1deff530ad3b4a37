// The dashboard asks for a credential, keeps it for the tab alone, and forgets it.
import t from 'tap';
import { openAccess, openExampleServing } from '../support/example-serving.ts';
import { RecordingTelemetry } from '../support/recording-telemetry.ts';
import { openBrowser } from './browser.ts';
import { exampleStart } from './example-run.ts';

const TOKEN = 'a-token-of-the-test';

t.test('signing in and out', async (t) => {
  const browser = await openBrowser();
  t.teardown(() => browser.close());
  const { serving } = await openExampleServing({
    state: () => exampleStart(0),
    access: openAccess(new RecordingTelemetry(), TOKEN, []),
  });
  t.teardown(() => serving.close(100));
  const page = await browser.newPage();
  const urls: string[] = [];
  page.on('request', (request) => urls.push(request.url()));
  await page.goto(serving.url);
  const form = page.locator('#sign-in');
  await form.waitFor({ state: 'visible' });
  await page.fill('#credential', 'a-wrong-token');
  await page.click('#sign-in button');
  await page.locator('#sign-in-reason', { hasText: 'not valid' }).waitFor();
  await page.fill('#credential', TOKEN);
  await page.click('#sign-in button');
  await form.waitFor({ state: 'hidden' });
  await page.locator('#topology', { hasText: 'flights' }).waitFor();
  await page.locator('#live-state', { hasText: 'sample of the live stream' }).waitFor();
  t.same(await page.context().cookies(), [], 'no cookies');
  t.notOk(
    urls.some((url) => url.includes(TOKEN)),
    'not in a URL',
  );
  await page.click('#sign-out');
  await form.waitFor({ state: 'visible' });
  t.equal(await page.evaluate(() => sessionStorage.length), 0);
});
