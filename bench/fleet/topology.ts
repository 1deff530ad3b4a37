// What the workers of a fleet run (control path): the standard job, with predictions that name their event, which is
// called by the instant at which it was meant to be sent. `millrace run bench/fleet/topology.ts`
import type { Topology } from '../../src/index.ts';
import { standardTopology } from '../jobs/standard.ts';

const topology: Topology = standardTopology('id');

export default topology;
