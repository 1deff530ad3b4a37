// The MLflow adapter on a server that answers as the recorded one: round trips, credentials, and what is refused.
import t from 'tap';
import { MlflowClient } from '../../../src/adapters/mlflow/client.ts';
import { readMlflowModel } from '../../../src/adapters/mlflow/read-model.ts';
import { RecordedMlflow } from '../../support/mlflow-server.ts';
import { roundTrip } from '../../support/mlflow-suite.ts';

const server = new RecordedMlflow();
const url = await server.open();
t.teardown(() => server.close());

t.test('a version goes there and comes back', (t) => roundTrip(t, url, 'fraud'));

t.test('a user or a token is sent, and shown nowhere', async (t) => {
  const withUser = new MlflowClient({ url: url.replace('//', '//ann:secret@'), token: null });
  await withUser.get('model-versions/get', { name: 'fraud', version: '1' });
  await new MlflowClient({ url, token: 'sesame' }).get('model-versions/get', { name: 'fraud', version: '1' });
  t.ok(server.authorizations.has(`Basic ${Buffer.from('ann:secret').toString('base64')}`));
  t.ok(server.authorizations.has('Bearer sesame'));
  t.notMatch(withUser.where, /secret/);
});

t.test('a model without one ONNX file, and a server that is away', async (t) => {
  server.files.clear();
  const client = new MlflowClient({ url, token: null });
  await t.rejects(readMlflowModel(client, 'models:/fraud/1', 100), {
    code: 'MODEL_INVALID',
    message: /0 ONNX files/,
  });
  const away = new MlflowClient({ url: 'http://127.0.0.1:9', token: null });
  await t.rejects(readMlflowModel(away, 'models:/fraud/1', 100), { code: 'REGISTRY_UNAVAILABLE' });
});
