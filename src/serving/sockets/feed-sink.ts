// Live predictions of a topology as a sink (control path): nothing is buffered for the engine, as each subscriber has a
// bounded buffer of its own.
import type { SinkDefinition } from '../../ports/sink.ts';
import type { PredictionHub } from './prediction-hub.ts';

/** The hub must know the topology (see PredictionHub.add); its owner closes its sockets. */
export function feedSink(hub: PredictionHub): SinkDefinition {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    name: 'websocket',
    delivery: 'immediate',
    open: ({ topology }) => ({
      predictions: (block) => hub.predictions(topology, block),
      labels: (block) => hub.labels(topology, block),
      begins: (origin, through) => hub.begins(topology, origin, through),
      flush: nothing,
      bufferedRows: 0,
      close: nothing,
    }),
  };
}
