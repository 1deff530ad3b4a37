// `millrace features get` (control path).
import { MillraceError } from '../../../core/errors.ts';
import { instantText } from '../../../core/time.ts';
import type { FeaturesReply, FeaturesRequest } from '../../../ports/features.ts';
import { openAppTelemetry, openStores } from '../../compose/adapters.ts';
import { featureServices } from '../../compose/feature-services.ts';
import { lockFolder } from '../../compose/folder-lock.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import { featuresJson } from '../../../serving/features-json.ts';
import type { Config } from '../../settings/config.ts';

export interface GetOptions extends Omit<FeaturesRequest, 'entities'> {
  /** `column=value`. */
  readonly columns: readonly string[];
  readonly asJson: boolean;
}

export async function getFeatures(
  file: string,
  config: Config,
  { columns, asJson, ...request }: GetOptions,
): Promise<void> {
  const topology = await loadTopology(file);
  const entity = Object.fromEntries(columns.map((text) => columnOf(text)));
  const unlock = config.redisUrl === null ? await lockFolder(config.dataFolder) : null;
  const stores = await openStores(config, await openAppTelemetry(config));
  try {
    const reply = await featureServices(topology, stores).read({ ...request, entities: [entity] });
    process.stdout.write(asJson ? `${JSON.stringify(featuresJson(reply))}\n` : textOf(reply));
  } finally {
    await stores.close();
    await unlock?.();
  }
}

function columnOf(text: string): readonly [string, string] {
  const split = text.indexOf('=');
  if (split > 0) return [text.slice(0, split), text.slice(split + 1)];
  throw new MillraceError('CONFIG_INVALID', 'a key column is no column=value', {
    where: text,
    remedy: 'Write card=4929.',
  });
}

/** A line for each feature: name, value, status, event time of the newest event. */
function textOf({ features, results, partitions }: FeaturesReply): string {
  const [result] = results;
  const lines = features.map((name, i) => {
    const eventTimeMs = result?.eventTimeMs[i] ?? null;
    const newest = eventTimeMs === null ? '' : `  newest event ${instantText(eventTimeMs)}`;
    return `${name}  ${result?.values[i] ?? 'null'}  ${result?.statuses[i] ?? ''}${newest}`;
  });
  const read = partitions.map(({ partition, offset }) => `${partition} up to offset ${offset}`);
  return `${[...lines, `partitions read: ${read.join(', ') || 'none'}`].join('\n')}\n`;
}
