// Waiting for a cluster (control path). Its client would queue commands without a bound while no node answers.
import { type Cluster, ReplyError } from 'ioredis';
import { STORE_REQUEST_MS_MAX, STORE_RETRIES_MAX } from '../../core/store-limits.ts';
import { replyFault } from './reply-codes.ts';

/**
 * Resolves once commands can be sent.
 * @throws ReplyError for a refusal that would come again; Error after STORE_RETRIES_MAX attempts to reach a node, or STORE_REQUEST_MS_MAX
 */
export function untilReady(cluster: Cluster): Promise<void> {
  if (cluster.status === 'wait') cluster.connect().catch(() => undefined); // the events say why
  return new Promise((resolve, reject) => {
    let failures = 0;
    const end = (done: () => void): void => {
      clearTimeout(timer);
      cluster.off('ready', isReady);
      cluster.off('end', hasEnded);
      cluster.off('error', failed);
      done();
    };
    const isReady = (): void => end(resolve);
    const hasEnded = (): void => end(() => reject(new Error('the connection is closed')));
    const failed = (error: Error & { readonly lastNodeError?: unknown }): void => {
      const { lastNodeError } = error;
      failures += 1;
      if (lastNodeError instanceof Error && isRefusal(lastNodeError)) end(() => reject(lastNodeError));
      else if (failures > STORE_RETRIES_MAX) end(() => reject(error));
    };
    const late = (): void => end(() => reject(new Error('the cluster is not ready')));
    const timer = setTimeout(late, STORE_REQUEST_MS_MAX);
    cluster.on('ready', isReady);
    cluster.on('end', hasEnded);
    cluster.on('error', failed);
  });
}

/** Whether it is a reply of Redis that would come again. */
function isRefusal(error: Error): boolean {
  return error instanceof ReplyError && replyFault(error.message).code === 'STORE_FAILED';
}
