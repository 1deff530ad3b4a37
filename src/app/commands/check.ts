// `millrace check` (control path).
import { type Verb, configuredVerb } from '../cli/verb.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

export const check: Verb = configuredVerb({
  name: 'check',
  description: 'Check a topology as a whole, without running it',
  arguments: { topology: TOPOLOGY_FILE },
  options: {},
  notes: `Checks options, columns, windows, topics and the source's schema, and its types if the project has TypeScript
installed. No service needs to run.`,
  examples: ['millrace check topologies/flights.ts'],
  async action({ topology }, config) {
    const { checkTopology } = await import('./check/check-topology.ts');
    await checkTopology(topology, config);
  },
});
