// `millrace describe`: a topology as text or as a Mermaid diagram (control path).
import { describeMermaid, describeText } from '../../topology/describe.ts';
import { loadTopology } from '../compose/load-topology.ts';

export async function describe(file: string, mermaid: boolean): Promise<void> {
  const topology = await loadTopology(file);
  process.stdout.write(`${mermaid ? describeMermaid(topology) : describeText(topology)}\n`);
}
