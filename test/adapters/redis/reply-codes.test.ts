// Every reply code of Redis has a code of the engine with its kind, and a remedy.
import { ReplyError } from 'ioredis';
import t from 'tap';
import { storeError } from '../../../src/adapters/redis/store-error.ts';
import { redisReplies } from '../../../src/adapters/redis/reply-codes.ts';
import { faultKind, faultKinds, type FaultKind } from '../../../src/core/faults.ts';

function replied(message: string): FaultKind {
  // The constructor of the client's class is not typed.
  const error = Object.assign(Object.create(ReplyError.prototype) as Error, { message });
  return faultKind(storeError(error, 'commit', 'here'));
}

t.test('the table', async (t) => {
  for (const [reply, { code, remedy }] of Object.entries(redisReplies)) {
    t.ok(remedy.endsWith('.'), reply);
    t.equal(replied(`${reply} some text`), faultKinds[code], reply);
  }
});

t.test('replies as Redis writes them', async (t) => {
  const replies: ReadonlyArray<readonly [string, FaultKind]> = [
    ['LOADING Redis is loading the dataset in memory', 'environment'],
    ["READONLY You can't write against a read only replica. script: 3f1, on @user_script:4.", 'environment'],
    [
      "OOM command not allowed when used memory > 'maxmemory'. script: 3f1, on @user_script:9.",
      'environment',
    ],
    ['MISCONF Redis is configured to save RDB snapshots, but it is currently unable to', 'environment'],
    ['ERR max number of clients reached', 'environment'],
    ['ERR Error running script (call to f_3f): @user_script:9: -OOM command not allowed', 'environment'],
    ['ERR Error running script (call to f_3f): @user_script:9: -WRONGTYPE Operation', 'configuration'],
    ['NOAUTH Authentication required.', 'configuration'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'configuration'],
    ['NOPERM User millrace has no permissions to run the evalsha command', 'configuration'],
    ['MOVED 3999 127.0.0.1:6381', 'configuration'],
    ['TRYAGAIN the slot of the partition is being moved', 'environment'],
    ['CLUSTERDOWN Hash slot not served', 'environment'],
    ['ERR Script attempted to access a non local key in a cluster node script: 3f1', 'environment'],
    ['ERR This instance has cluster support disabled', 'configuration'],
    ['ERR DB index is out of range', 'configuration'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'configuration'],
    ['MODULEERR from a module', 'configuration'],
    ['MRLOST commit', 'environment'],
    ['MRFENCED generation 7', 'environment'],
  ];
  for (const [message, kind] of replies) t.equal(replied(message), kind, message);
});

t.test('no reply at all is an outage', async (t) => {
  t.equal(faultKind(storeError(new Error('Connection is closed.'), 'commit', 'here')), 'environment');
});
