// The Lua scripts (control path): operations that must be atomic in Redis.
//
// Each declares the partition's meta key. Entity keys share its hash tag, so a cluster keeps them in the same slot.
// Scripts read packed arguments (see pack.ts): Lua's unpack and Redis' argument list would limit an epoch to a few
// thousand keys.

/** First words of the errors that the scripts raise. */
export const FENCED_REPLY = 'MRFENCED';
export const LOST_REPLY = 'MRLOST';

/**
 * Announces an owner and its generation and reads the meta hash.
 * ARGV: generation, owner, 1 to take over from a newer generation. Returns the hash as a flat list.
 */
export const RESTORE_SCRIPT: string = `
local stored = tonumber(redis.call('HGET', KEYS[1], 'generation'))
if stored and stored > tonumber(ARGV[1]) and ARGV[3] ~= '1' then
  return redis.error_reply('${FENCED_REPLY} generation ' .. stored)
end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'owner', ARGV[2])
return redis.call('HGETALL', KEYS[1])
`;

/**
 * One epoch: fence, keyed changes, meta.
 * ARGV: generation, owner, id of this commit, id of the previous commit, key prefix, packed delta, then fields and
 * values of the meta hash.
 * The id makes a commit idempotent when a lost connection repeats it, appends included. A task that restarted in the same
 * generation is another owner: a commit in flight from before its restart must be refused. The previous commit must be
 * present: a Redis that was killed may come back without the last commits that it acknowledged.
 */
export const COMMIT_SCRIPT: string = `
local call, unpack_one = redis.call, struct.unpack
local head = call('HMGET', KEYS[1], 'generation', 'owner', 'commit')
local stored, mine = tonumber(head[1]), tonumber(ARGV[1])
if not stored then
  return redis.error_reply('${LOST_REPLY} generation')
end
if stored ~= mine or head[2] ~= ARGV[2] then
  return redis.error_reply('${FENCED_REPLY} generation ' .. stored)
end
if head[3] == ARGV[3] then return 0 end
if (head[3] or '') ~= ARGV[4] then return redis.error_reply('${LOST_REPLY} commit') end
local prefix, data, at = ARGV[5], ARGV[6], 1
local count
count, at = unpack_one('<I4', data, at)
for _ = 1, count do
  local key
  key, at = unpack_one('<I4c0', data, at)
  call('DEL', prefix .. key)
end
count, at = unpack_one('<I4', data, at)
for _ = 1, count do
  local key, state, served, time, ttl, expiry, has_served
  key, state, served, time, ttl, expiry, has_served, at = unpack_one('<I4c0I4c0I4c0I4c0I4c0dB', data, at)
  key = prefix .. key
  if has_served == 1 then
    call('HSET', key, 's', state, 'v', served, 't', time, 'ttl', ttl)
  else
    call('HSET', key, 's', state, 't', time, 'ttl', ttl)
    call('HDEL', key, 'v')
  end
  if expiry < 0 then call('PERSIST', key) else call('PEXPIRE', key, expiry) end
end
count, at = unpack_one('<I4', data, at)
for _ = 1, count do
  local key, bytes, time, ttl, expiry
  key, bytes, time, ttl, expiry, at = unpack_one('<I4c0I4c0I4c0I4c0d', data, at)
  key = prefix .. key
  local stored_bytes = call('HGET', key, 's')
  if stored_bytes then bytes = stored_bytes .. bytes end
  call('HSET', key, 's', bytes, 't', time, 'ttl', ttl)
  if expiry < 0 then call('PERSIST', key) else call('PEXPIRE', key, expiry) end
end
call('HSET', KEYS[1], 'commit', ARGV[3])
for i = 7, #ARGV, 2 do call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
`;

/**
 * State blobs of many keys. ARGV: owner, empty if none was announced; its last commit and the one in flight; key prefix,
 * packed keys. Returns one value per key, nil if there is none. Reads are fenced like writes: otherwise a former owner
 * could mix its own state with the next owner's, or mistake a store that was emptied or restored for one without those
 * keys, and publish the result.
 */
export const GET_SCRIPT: string = `
local call, unpack_one = redis.call, struct.unpack
if ARGV[1] ~= '' then
  local head = call('HMGET', KEYS[1], 'owner', 'generation', 'commit')
  if not head[1] then return redis.error_reply('${LOST_REPLY} owner') end
  if head[1] ~= ARGV[1] then return redis.error_reply('${FENCED_REPLY} generation ' .. tostring(head[2])) end
  local commit = head[3] or ''
  if commit ~= ARGV[2] and commit ~= ARGV[3] then return redis.error_reply('${LOST_REPLY} commit') end
end
local prefix, data, at, found, n = ARGV[4], ARGV[5], 1, {}, 0
while at <= #data do
  local key
  key, at = unpack_one('<I4c0', data, at)
  n = n + 1
  found[n] = call('HGET', prefix .. key, 's')
end
return found
`;
