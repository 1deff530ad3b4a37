// Takes a member that has died out of its groups (control path), so that they need not wait for its session to time out.
// For a caller that knows that the member's process has ended: a member that is alive joins again, which costs its group
// two rebalances.
import type { Telemetry } from '../../../ports/telemetry.ts';
import { createKafkaClient } from '../client/create-client.ts';
import type { KafkaLogOptions, Membership } from '../client/options.ts';

/** @throws KafkaError if a broker does not answer: the session then times out */
export async function leaveGroups(
  options: KafkaLogOptions,
  memberships: readonly Membership[],
  telemetry: Telemetry,
): Promise<void> {
  const connections = createKafkaClient(options, telemetry).connections();
  try {
    await connections.connect();
    for (const membership of memberships) await connections.leaveGroup(membership);
  } finally {
    await connections.disconnect();
  }
}
