// The installed kafkajs is the version whose internals kafka-client.ts describes.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import t from 'tap';
import { KAFKAJS_VERSION_READ } from '../../../../src/adapters/kafka/client/kafka-client.ts';

t.test('the installed version of kafkajs is the one that was read', async (t) => {
  const file = createRequire(import.meta.url).resolve('kafkajs/package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  t.equal(
    version,
    KAFKAJS_VERSION_READ,
    `kafkajs ${version} is installed, and the client relies on internals of ${KAFKAJS_VERSION_READ}: check each row ` +
      'of the table at the head of src/adapters/kafka/client/kafka-client.ts against the source of the new version, ' +
      'run `npm run test:kafka`, then change KAFKAJS_VERSION_READ',
  );
});
