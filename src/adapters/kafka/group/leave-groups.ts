// Takes a member that has died out of its groups (control path), so that nobody waits for its session to time out. For
// whoever knows that its process is gone: a member that lives joins again, and costs its group two rebalances.
import type { Telemetry } from '../../../ports/telemetry.ts';
import { clusterOf, createClient } from '../client/client.ts';
import type { KafkaLogOptions, Membership } from '../client/options.ts';
import { ANSWER_MS_MAX, within } from '../client/within.ts';

/** What kafkajs's types leave out of a broker. */
interface Coordinator {
  leaveGroup(of: Membership): Promise<unknown>;
}

/** @throws what kafkajs throws where a broker does not answer: the time-out of the session then does it */
export async function leaveGroups(
  options: KafkaLogOptions,
  memberships: readonly Membership[],
  telemetry: Telemetry,
): Promise<void> {
  const cluster = clusterOf(createClient(options, telemetry));
  try {
    await within(ANSWER_MS_MAX, cluster.connect());
    for (const { groupId, memberId } of memberships) {
      const broker = await within(ANSWER_MS_MAX, cluster.findGroupCoordinator({ groupId }));
      const coordinator = broker as unknown as Coordinator; // the same object
      await within(ANSWER_MS_MAX, coordinator.leaveGroup({ groupId, memberId }));
    }
  } finally {
    await cluster.disconnect();
  }
}
