// The kind of car of a ride, as the module of a topology.
import type { Topology } from '../../src/index.ts';
import { rideTopology } from '../integration/task-topologies.ts';

const topology: Topology = rideTopology('rides', 'kind');

export default topology;
