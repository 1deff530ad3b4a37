// The client of S3: what is said where it is not installed, and where there are no credentials. What a server does is in
// test/integration/s3-artifacts.test.ts.
import t from 'tap';
import { S3Artifacts } from '../../../src/adapters/artifacts/s3-artifacts.ts';
import { importS3 } from '../../../src/adapters/artifacts/s3-session.ts';

t.test('a client that is not installed', async (t) => {
  const missing = Object.assign(new Error('not there'), { code: 'ERR_MODULE_NOT_FOUND' });
  await t.rejects(
    importS3(() => Promise.reject(missing)),
    {
      code: 'CONFIG_INVALID',
      where: 'MILLRACE_ARTIFACTS',
      remedy: 'Install it beside millrace: npm install @aws-sdk/client-s3.',
    },
  );
  const broken = new SyntaxError('a broken file');
  await t.rejects(
    importS3(() => Promise.reject(broken)),
    broken,
  );
});

t.test('without credentials nothing is sent, and nothing repeated', async (t) => {
  t.intercept(process, 'env', {
    value: {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: '/none',
      AWS_CONFIG_FILE: '/none',
    },
  });
  const access = { endpoint: 'http://127.0.0.1:9', region: null, isInPath: true, keys: null, tls: {} };
  const store = new S3Artifacts({ bucket: 'models', prefix: '' }, () => access);
  await t.rejects(store.list(), { code: 'ARTIFACT_UNAVAILABLE', remedy: /^Set MILLRACE_S3_ACCESS_KEY_ID/ });
});
