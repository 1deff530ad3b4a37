/** The demo's topology with its first training after a few days, so that a short test covers training and promotion. */
import { defineTopology, type Topology } from 'millrace';
import flights from '../../topologies/flights.ts';

const { name, source, stages, control, drift, retraining } = flights;
if (control === undefined || drift === undefined || retraining === undefined)
  throw new Error('the demo retrains');

const early: Topology = defineTopology({
  name,
  source,
  stages,
  control,
  drift,
  retraining: { ...retraining, firstRows: 1_500, everyRows: 1_500, cooldownMs: 0 },
});

export default early;
