// The topology of a world whose engine is a process: `millrace run` with GAUNTLET_DECLARATION naming its declaration.
import { readFileSync } from 'node:fs';
import type { Topology } from '../../src/index.ts';
import type { Declaration } from './declaration.ts';
import { worldTopology } from './topology.ts';

const file = process.env['GAUNTLET_DECLARATION'] ?? '';
const topology: Topology = worldTopology(JSON.parse(readFileSync(file, 'utf8')) as Declaration);

export default topology;
