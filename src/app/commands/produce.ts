// `millrace produce` (control path).
import { configuredVerb, type Verb } from '../cli/verb.ts';
import { EVENTS, RECORD_KEY } from './event-file-options.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

export const produce: Verb = configuredVerb({
  name: 'produce',
  description: "Publish a file of events to the topology's topic on Kafka",
  arguments: { topology: TOPOLOGY_FILE },
  options: {
    events: EVENTS,
    key: RECORD_KEY,
  },
  examples: ['millrace produce topologies/payments.ts --events events.ndjson'],
  requires: ['MILLRACE_KAFKA_BROKERS'],
  async action({ topology: file, events, key }, config) {
    const { loadTopology } = await import('../compose/load-topology.ts');
    const { publish } = await import('../compose/publish.ts');
    const { EventFile } = await import('../compose/event-file.ts');
    const topology = await loadTopology(file);
    const { openFormat } = await import('../compose/adapters.ts');
    await publish(config, topology, ({ log, schemas }) => {
      const format = openFormat(topology, schemas);
      return new EventFile({ file: events, topology, key, log, format });
    });
  },
});
