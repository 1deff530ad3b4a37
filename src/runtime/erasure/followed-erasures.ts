// Follows the erasures of a topology (control path), so that every engine learns of a new one.
import type { Quarantine } from '../../ports/quarantine.ts';
import { FollowedTopic, type FollowedTopicParts } from '../../resilience/followed-topic.ts';
import type { Topology } from '../../topology/define.ts';
import { erasuresTopic } from '../../topology/topics.ts';
import { Erasures } from './erasures.ts';

export interface FollowedErasuresParts extends Pick<FollowedTopicParts, 'log' | 'telemetry'> {
  readonly topology: string;
  readonly quarantine: Quarantine;
  /** Called when there is something new. */
  readonly changed: () => void;
}

export class FollowedErasures extends Erasures {
  #topic: FollowedTopic | null = null;

  /** Resolves when every erasure that the topic has now is known. */
  static async open({ topology, quarantine, ...parts }: FollowedErasuresParts): Promise<FollowedErasures> {
    const followed = new FollowedErasures();
    followed.#topic = await FollowedTopic.open({
      ...parts,
      topic: erasuresTopic(topology),
      take: (raw) => followed.take(raw, quarantine),
    });
    return followed;
  }

  close(): void {
    this.#topic?.close();
  }
}

/** Null if the source does not name whose its events are. */
export async function followErasures(
  {
    topology,
    ...parts
  }: Omit<FollowedErasuresParts, 'topology' | 'changed'> & { readonly topology: Topology },
  changed: () => void,
): Promise<FollowedErasures | null> {
  if (topology.source.entity === undefined) return null;
  const { log, quarantine, telemetry } = parts;
  return FollowedErasures.open({ topology: topology.name, log, quarantine, telemetry, changed });
}
