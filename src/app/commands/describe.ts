// `millrace describe` (control path).
import { toggle, type Verb, verb } from '../cli/verb.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

export const describe: Verb = verb({
  name: 'describe',
  description: 'Show what a topology reads, does and writes',
  arguments: { topology: TOPOLOGY_FILE },
  options: { mermaid: toggle('--mermaid', 'print a Mermaid diagram') },
  examples: ['millrace describe topologies/flights.ts', 'millrace describe topologies/flights.ts --mermaid'],
  async action({ topology: file, mermaid }) {
    const { loadTopology } = await import('../compose/load-topology.ts');
    const { describeMermaid, describeText } = await import('../../topology/describe.ts');
    const topology = await loadTopology(file);
    process.stdout.write(`${mermaid ? describeMermaid(topology) : describeText(topology)}\n`);
  },
});
