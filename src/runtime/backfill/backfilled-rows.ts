// The history as the only sink of a backfill (control path): its rows say that they are not from a live run.
import { FLAG_BACKFILLED, type LabelBlock, type PredictionBlock } from '../../core/blocks.ts';
import type { History } from '../../ports/history.ts';
import type { Sink, SinkDefinition } from '../../ports/sink.ts';
import { historySink } from '../commit/history-sink.ts';

/** The flag is in the rows alone, so that state is that of an undisturbed run. */
export function backfilledRows(history: History): SinkDefinition {
  const definition = historySink(history);
  return {
    ...definition,
    async open(context): Promise<Sink> {
      const sink = await definition.open(context);
      return {
        predictions: (block) => sink.predictions(flagged(block)),
        features: (block) => sink.features?.(block),
        labels: (block) => sink.labels(flagged(block)),
        profiles: (rows) => sink.profiles?.(rows),
        flush: () => sink.flush(),
        get bufferedRows(): number {
          return sink.bufferedRows;
        },
        close: () => sink.close(),
      };
    },
  };
}

function flagged<B extends PredictionBlock | LabelBlock>(block: B): B {
  return { ...block, flags: block.flags.map((flags) => flags | FLAG_BACKFILLED) };
}
