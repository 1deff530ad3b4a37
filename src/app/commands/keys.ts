// `millrace keys` and its verbs (control path).
import { columnNames, dayCount, roleNames, text } from '../cli/flags.ts';
import { configuredVerb, required, toggle, valued, type Verb, verbGroup } from '../cli/verb.ts';
import { at, DATA } from './data-option.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

const create = configuredVerb({
  name: 'create',
  description: 'Create an API key and print it, this once',
  arguments: { topology: TOPOLOGY_FILE },
  options: {
    name: required('--name <name>', 'what the key is for', text),
    roles: required('--roles <roles>', 'viewer, subscriber, producer, operator, approver, admin', roleNames),
    expiresInMs: valued('--expires <days>', 'days until it expires: 90d (default: it does not)', dayCount),
    topologies: valued(
      '--topologies <names>',
      'names of other topologies that it is for as well',
      columnNames,
    ),
    data: DATA,
    json: toggle('--json', 'print JSON'),
  },
  notes: `The key is printed on standard output, everything else on standard error. Only its hash is kept, in TOPOLOGY.api-keys,
from which every engine of the topology takes it within a second.`,
  examples: [
    'millrace keys create topologies/flights.ts --name dashboard --roles viewer,subscriber --expires 90d',
    'millrace keys create topologies/flights.ts --name ci --roles approver --topologies payments',
  ],
  async action({ topology, data, ...given }, config) {
    const { createKey } = await import('./keys/change-keys.ts');
    await createKey(topology, at(config, data), given);
  },
});

const list = configuredVerb({
  name: 'list',
  description: 'List the API keys, oldest first: id, state, expiry, roles, topologies, name',
  arguments: { topology: TOPOLOGY_FILE },
  options: { data: DATA, json: toggle('--json', 'print JSON') },
  examples: ['millrace keys list topologies/flights.ts'],
  async action({ topology, data, json }, config) {
    const { listKeys } = await import('./keys/list-keys.ts');
    await listKeys(topology, at(config, data), json);
  },
});

const revoke = configuredVerb({
  name: 'revoke',
  description: 'Revoke an API key, for every topology that it is for',
  arguments: { topology: TOPOLOGY_FILE, id: { description: 'id of the key, as in its list' } },
  options: { data: DATA },
  examples: ['millrace keys revoke topologies/flights.ts 1f2e3d4c5b6a7988'],
  async action({ topology, id, data }, config) {
    const { revokeKey } = await import('./keys/change-keys.ts');
    await revokeKey(topology, id, at(config, data));
  },
});

export const keys: Verb = verbGroup({
  name: 'keys',
  description: 'Create, list and revoke API keys',
  notes: `An API key is sent as Authorization: Bearer KEY. With the first key of a topology, its engines require a credential of
every request, also on loopback: MILLRACE_ANONYMOUS says what is allowed without one.`,
  examples: [
    'millrace keys create topologies/flights.ts --name dashboard --roles viewer',
    'millrace keys list topologies/flights.ts',
  ],
  verbs: [create, list, revoke],
});
