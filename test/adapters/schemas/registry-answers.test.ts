// Every HTTP status has one kind, by what was asked.
import t from 'tap';
import { registryFault } from '../../../src/adapters/schemas/registry-answers.ts';

t.test('a registry that is away, starting or busy is an outage, whatever was asked', async (t) => {
  for (const status of [undefined, 408, 421, 423, 425, 429, 500, 501, 502, 503, 504, 507, 599]) {
    t.equal(registryFault(status, 'id'), 'environment', String(status));
    t.equal(registryFault(status, 'subject'), 'environment', String(status));
  }
});

t.test('wrong credentials concern every id', async (t) => {
  for (const status of [301, 401, 407]) t.equal(registryFault(status, 'id'), 'configuration', String(status));
});

t.test('any other answer concerns one id, or a schema that the engine needs', async (t) => {
  for (const status of [400, 403, 404, 406, 409, 410, 413, 415, 418, 422, 451]) {
    t.equal(registryFault(status, 'id'), 'record', String(status));
    t.equal(registryFault(status, 'subject'), 'configuration', String(status));
  }
});
