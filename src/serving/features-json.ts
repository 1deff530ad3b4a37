// Features that were read, as JSON (control path): for REST and the command line.
import { jsonNumber } from '../core/json-number.ts';
import type { FeaturesReply } from '../ports/features.ts';

export function featuresJson({ features, results, partitions }: FeaturesReply): object {
  return {
    features,
    results: results.map(({ values, ...result }) => ({ ...result, values: values.map(jsonNumber) })),
    partitions,
  };
}
