// A sink that only looks at blocks as they are computed (control path): the report of a run, measurements, tests.
import type { LabelBlock, PredictionBlock } from '../../core/blocks.ts';
import type { SinkDefinition } from '../../ports/sink.ts';

export function liveSink(
  name: string,
  predictions: (block: PredictionBlock, topology: string) => void,
  labels: (block: LabelBlock) => void = () => undefined,
): SinkDefinition {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    name,
    delivery: 'immediate',
    open: ({ topology }) => ({
      predictions: (block) => predictions(block, topology),
      labels,
      flush: nothing,
      bufferedRows: 0,
      close: nothing,
    }),
  };
}
