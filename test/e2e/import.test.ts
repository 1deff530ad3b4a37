// A model is imported from the dashboard: the engine's answer is shown, a refusal with its remedy.
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { MillraceError } from '../../src/core/errors.ts';
import type { ModelImporter } from '../../src/serving/serving-context.ts';
import { openExampleServing } from '../support/example-serving.ts';
import { openBrowser } from './browser.ts';
import { exampleState } from './example-run.ts';
import { lowContrasts } from './contrast.ts';

const TOO_WIDE = 'the model takes 3 numbers, and the topology has 42 features';
const model = Buffer.from('an ONNX file');

t.test('importing a model', async (t) => {
  const given: Array<Parameters<ModelImporter>> = [];
  const { serving } = await openExampleServing({
    state: () => exampleState(262, 0),
    importModel: async (...call) => {
      given.push(call);
      if (given.length === 1)
        throw new MillraceError('MODEL_INVALID', TOO_WIDE, { remedy: 'Give --features a map.' });
      return {
        topology: 'flights',
        version: 'fraud-1',
        sha256: 'a'.repeat(64),
        order: 'the names in the file',
        score: 'column 1 of probabilities',
        examples: { rows: 0, difference: 0 },
        referenceRows: 200,
        notices: ['No examples were given.'],
      };
    },
  });
  t.teardown(() => serving.close(100));
  const browser = await openBrowser();
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const complaints: string[] = [];
  page.on('console', (message) => void complaints.push(message.text()));
  page.on('pageerror', (error) => void complaints.push(error.message));
  await page.goto(serving.url);
  await page.locator('#models li').first().waitFor();
  await page.click('#import-open');
  const file = { name: 'fraud.onnx', mimeType: 'application/octet-stream', buffer: model };
  await page.setInputFiles('#import-file', file);
  await page.click('#import-send');
  await page.locator('#import-outcome', { hasText: TOO_WIDE }).waitFor();
  t.match(await page.locator('#import-outcome').textContent(), 'Give --features a map.');
  t.match(complaints.splice(0).join(), /409/, 'the console of the browser has the status alone');

  await page.fill('#import-version', 'fraud-1');
  await page.selectOption('#import-scores', 'probability');
  const map = { name: 'map.json', mimeType: 'application/json', buffer: Buffer.from('["a", "b"]') };
  await page.setInputFiles('#import-features', map);
  await page.click('#import-send');
  await page.locator('#import-outcome', { hasText: 'fraud-1 is a candidate' }).waitFor();
  t.match(await page.locator('#import-outcome').textContent(), 'No examples were given.');
  const [request, , topology] = given[1] ?? [];
  t.match(request, { source: 'fraud.onnx', version: 'fraud-1', choices: { scores: 'probability' } });
  t.match(request?.choices.features, [{ feature: 'a' }, { feature: 'b' }]);
  t.same(Buffer.from(request?.bytes ?? []), model);
  t.equal(topology, 'flights');
  t.same(await page.evaluate(lowContrasts), []);
  await page.screenshot({ path: process.env['MILLRACE_TEST_PICTURE'] ?? '/dev/null', type: 'png' });
  await page.click('#import-close');
  t.equal(await page.locator('#import').isVisible(), false);
  t.same(complaints, []);
});

t.test('a model is imported for the target that is shown, which is the main one at first', async (t) => {
  const topologies: string[] = [];
  const targets = [
    { name: 'late', topology: 'flights' },
    { name: 'minutes', topology: 'flights.minutes' },
  ];
  const { serving } = await openExampleServing({
    targets,
    state: (topology) => ({
      ...exampleState(262, 0),
      target: targets.find((target) => target.topology === topology)?.name ?? '',
      targets: targets.map(({ name }) => name),
    }),
    importModel: async (_given, _by, topology) => {
      topologies.push(topology);
      throw new MillraceError('MODEL_INVALID', TOO_WIDE);
    },
  });
  t.teardown(() => serving.close(100));
  const browser = await openBrowser();
  t.teardown(() => browser.close());
  for (const query of ['', '?target=minutes']) {
    const page = await browser.newPage();
    await page.goto(`${serving.url}${query}`);
    await page.locator('#targets a').first().waitFor();
    await page.click('#import-open');
    const file = { name: 'fraud.onnx', mimeType: 'application/octet-stream', buffer: model };
    await page.setInputFiles('#import-file', file);
    await page.click('#import-send');
    await page.locator('#import-outcome', { hasText: TOO_WIDE }).waitFor();
    await page.close();
  }
  t.same(topologies, ['flights', 'flights.minutes']);
});

t.test('the form names the outputs that an import knows', async (t) => {
  const { outputKinds } = await import('../../src/learning/imported/model-outputs.ts');
  const html = await readFile(new URL('../../src/serving/dashboard/index.html', import.meta.url), 'utf8');
  const options = [...html.matchAll(/<option value="(\w+)"/g)].map(([, value]) => value);
  t.same(options, outputKinds);
});
