// `millrace features` and its verb (control path).
import { instant, whole } from '../cli/flags.ts';
import { configuredVerb, toggle, valued, verbGroup, type Verb } from '../cli/verb.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

const get = configuredVerb({
  name: 'get',
  description: 'Read the features of an entity from the online store',
  arguments: {
    topology: TOPOLOGY_FILE,
    service: { description: 'a service of the features stage, or a view: all of its features' },
    columns: { description: 'key columns of the entity: card=4929 merchant=m1', several: true },
  },
  options: {
    asOfMs: valued(
      '--as-of <instant>',
      'the instant to compute them for, event time; by default now',
      instant,
    ),
    maxAgeMs: valued(
      '--max-age-ms <ms>',
      'age of the newest event up to which a value counts',
      whole(0, Number.MAX_SAFE_INTEGER),
    ),
    json: toggle('--json', 'print JSON'),
  },
  notes: `The state is that of the last checkpoint, about a second behind. Without MILLRACE_REDIS_URL the data folder is read,
which one process can do at a time: ask the port of a running engine instead (GET /v1/features/SERVICE).`,
  examples: [
    'millrace features get topologies/flights.ts origin origin=JFK',
    'millrace features get topologies/flights.ts origin origin=JFK --as-of 2013-06-01T12:00:00Z --json',
  ],
  async action({ topology, service, columns, asOfMs, maxAgeMs, json }, config) {
    const { getFeatures } = await import('./features/get-features.ts');
    const request = {
      service,
      ...(asOfMs === undefined ? {} : { asOfMs }),
      ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    };
    await getFeatures(topology, config, { ...request, columns, asJson: json });
  },
});

export const features: Verb = verbGroup({
  name: 'features',
  description: 'Read features from the online store',
  examples: ['millrace features get topologies/flights.ts origin origin=JFK'],
  verbs: [get],
});
