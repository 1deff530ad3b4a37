// A model in a file: it is tried and scores as the same bytes in memory do, in a thread.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { OnnxScorers } from '../../../src/adapters/onnx/scorer-factory.ts';
import { type ModelFile, sha256Of } from '../../../src/core/model-content.ts';
import { embeddingModel } from '../../../bench/models/embedding.ts';

const WIDTH = 3;
const ROWS = 4;
const model = embeddingModel(WIDTH, 2, 1);
const values = Float32Array.of(1, 2, 3, NaN, 5, 6, 7_000, 8, 9, -10, 11, NaN);

async function fileIn(folder: string): Promise<ModelFile> {
  const path = join(folder, 'model.onnx');
  await writeFile(path, model);
  return { path, sha256: sha256Of(model), bytes: model.length, offset: -1 };
}

t.test('the scores are the same, bit for bit', async (t) => {
  const scorers = await OnnxScorers.open({ providers: ['cpu'] });
  const file = await fileIn(t.testdir({}));
  const scores: Float32Array[] = [];
  for (const content of [model, file]) {
    const scorer = await scorers.load('v1', content, WIDTH);
    const into = new Float32Array(ROWS);
    await scorer.run(values, ROWS, into);
    scores.push(into);
    await scorer.close();
  }
  t.ok(scores[0]?.every((score) => score > 0 && score < 1));
  t.same(scores[1], scores[0]);
  const golden = { values, rowCount: ROWS, judgedCount: ROWS };
  for (const content of [model, file])
    await scorers.trial({ version: 'v1', model: content, inputWidth: WIDTH, golden, low: 0, high: 1 });
  const run = { version: 'v1', model, inputWidth: WIDTH, values, rowCount: ROWS };
  t.same(await scorers.scoreUntrusted(run), scores[0]);
  await scorers.close();
});

t.test('a file that was changed or is gone says nothing about the model', async (t) => {
  const scorers = await OnnxScorers.open({ providers: ['cpu'] });
  const file = await fileIn(t.testdir({}));
  await writeFile(file.path, 'changed');
  await t.rejects(scorers.load('v1', file, WIDTH), { code: 'ARTIFACT_UNAVAILABLE' });
  const golden = { values, rowCount: ROWS, judgedCount: ROWS };
  const trial = { version: 'v1', model: file, inputWidth: WIDTH, golden, low: 0, high: 1 };
  await t.rejects(scorers.trial(trial), { code: 'ARTIFACT_UNAVAILABLE' });
  await scorers.close();
});
