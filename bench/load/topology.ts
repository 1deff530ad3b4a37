// The topology whose topic the load bench fills (control path): no engine runs it.
import {
  contract,
  defineTopology,
  double,
  required,
  source,
  string,
  timestamp,
  type Topology,
} from 'millrace';

const payments = source('bench-load', {
  schema: { id: string, card: string, merchant: string, amount: double, at: timestamp },
  eventTime: 'at',
});

const topology: Topology = defineTopology(payments, {
  name: 'bench-load',
  stages: [contract([required('card')])],
});
export default topology;
