// `millrace check` (control path).
import { type Verb, configuredVerb, valued } from '../cli/verb.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

export const check: Verb = configuredVerb({
  name: 'check',
  description: 'Check a topology as a whole, without running it',
  arguments: { topology: TOPOLOGY_FILE },
  options: {
    against: valued(
      '--against <old>',
      'say what changes for producers and consumers since another version: its description in JSON, or its topology file',
      (text) => text,
    ),
  },
  notes: `Checks options, columns, windows, topics and the source's schema, and its types if the project has TypeScript
installed. No service needs to run.

With --against, it lists the changes of columns, rules, stages, features and outputs that concern others, and exits with 1 if one
breaks producers (events that were accepted are refused) or consumers (of predictions, of repartitioned events, and models).
Keep \`millrace describe TOPOLOGY --json\` of what is deployed, and compare with it before the next deployment.`,
  examples: [
    'millrace check topologies/flights.ts',
    'millrace check topologies/flights.ts --against deployed.json',
  ],
  async action({ topology, against }, config) {
    const { checkTopology } = await import('./check/check-topology.ts');
    await checkTopology(topology, config, against);
  },
});
