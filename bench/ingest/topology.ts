// What the events of the ingest bench go through: the window and the score of the standard job (control path).
import { count, defineTopology, double, features, mean, minutes, numeric, score, sliding } from 'millrace';
import { source, string, timestamp, view, watermarks, type Topology } from 'millrace';

const ticks = source('ticks', {
  schema: { id: string, key: string, time: timestamp, value: double },
  eventTime: 'time',
});
const over = { over: sliding(minutes(1)) };

const topology: Topology = defineTopology(ticks, {
  name: 'ingest',
  stages: [
    watermarks({ allowedLatenessMs: minutes(1) }),
    features({
      when: {},
      fields: { value: numeric('value') },
      views: { key: view(['key'], { count: count(over), mean: mean('value', over) }) },
    }),
    score({ key: 'id', fallback: 0.5 }),
  ],
});

export default topology;
