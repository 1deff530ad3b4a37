/** The demo's topology with its first training within days, so that a short test sees models trained and swapped. */
import { defineTopology, type Topology } from 'millrace';
import flights from '../../topologies/flights.ts';

const { retraining, watermarks: _w, features: _f, score: _s, labels: _l, ...definition } = flights;
if (retraining === undefined) throw new Error('the demo retrains');

const early: Topology = defineTopology({
  ...definition,
  retraining: { ...retraining, firstRows: 1_500, everyRows: 1_500, cooldownMs: 0 },
});

export default early;
