// `millrace describe` (control path).
import { toggle, type Verb, verb } from '../cli/verb.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

export const describe: Verb = verb({
  name: 'describe',
  description: 'Show what a topology reads, does and writes',
  arguments: { topology: TOPOLOGY_FILE },
  options: {
    mermaid: toggle('--mermaid', 'print a Mermaid diagram'),
    json: toggle(
      '--json',
      'print the columns, rules, stages, features and outputs as JSON, for millrace check --against',
    ),
  },
  examples: [
    'millrace describe topologies/flights.ts',
    'millrace describe topologies/flights.ts --mermaid',
    'millrace describe topologies/flights.ts --json',
  ],
  async action({ topology: file, mermaid, json }) {
    const { loadTopology } = await import('../compose/load-topology.ts');
    const { describeMermaid, describeText } = await import('../../topology/describe.ts');
    const topology = await loadTopology(file);
    if (json) {
      const { readConfig } = await import('../settings/config.ts');
      const { inProject } = await import('../settings/project.ts');
      const config = inProject(readConfig(process.env), file);
      const { decodedSchema } = await import('../compose/source-schema.ts');
      const { descriptionOf } = await import('../../topology/description.ts');
      const description = descriptionOf(topology, await decodedSchema(topology, config));
      process.stdout.write(`${JSON.stringify(description, null, 2)}\n`);
      return;
    }
    process.stdout.write(`${mermaid ? describeMermaid(topology) : describeText(topology)}\n`);
  },
});
