// The offline store as a sink (control path). It stores a row once, by the offsets that identify it.
import type { History } from '../../ports/history.ts';
import type { SinkDefinition } from '../../ports/sink.ts';

/** The sink does not close `history`; its owner does. */
export function historySink(history: History): SinkDefinition {
  return {
    name: 'history',
    delivery: 'after-commit',
    open: ({ topology, features }) => {
      history.describeFeatures(topology, features);
      return {
        predictions: (block) => history.predictions(topology, block),
        features: (block) => history.features(topology, block),
        labels: (block) => history.labels(topology, block),
        profiles: (rows) => history.columnProfiles(rows),
        flush: () => history.flush(),
        get bufferedRows(): number {
          return history.bufferedRows;
        },
        ping: () => history.ping(),
        close: () => Promise.resolve(),
      };
    },
  };
}
