// The Lua scripts (control path): operations that must be atomic in Redis.
//
// Each declares the partition's meta key. The other keys share its hash tag, so a cluster keeps them in the same slot.
// Scripts read packed arguments (see pack.ts): Lua's unpack and Redis' argument list would limit an epoch to a few
// thousand keys.
//
// The index, a sorted set, has every key of the partition's state with the event time at which it expires, and `meta`
// counts them. A key that is absent was never written, or has gone: the index distinguishes the two, and the count shows
// whether the index itself has lost members. Redis expires nothing; a commit deletes what its watermark has passed.
import { COMPLETE_STAGE } from '../../core/complete-state.ts';
import { STATE_SWEEP_KEYS_MIN } from '../../core/store-limits.ts';

/** First words of the errors that the scripts raise. */
export const FENCED_REPLY = 'MRFENCED';
export const LOST_REPLY = 'MRLOST';

/** Names behind the partition's prefix. */
export const META_KEY = 'meta';
export const INDEX_KEY = 'index';
export const STATE_KEYS = 'k:';
/** Before the id of a stage, among the fields of the meta hash. */
export const STAGE_FIELD = 'stage:';

/** What a reply has in place of the value of a key that was written and is gone. */
export const LOST_VALUE = 1;

/** Behind the prefix: two keys that are never written. */
const PROBES = ['~1', '~2'];

/**
 * Returns an error while the partition's slot moves between two nodes of a cluster: each has some of its keys, so what is
 * absent may be on the other, and a script that met such a key half-way would leave half of its writes. A request for two
 * absent keys is refused then by both nodes, and by no other.
 */
const SLOT_MOVES = `
local function slot_moves(prefix)
  local answer = redis.pcall('EXISTS', prefix .. '${PROBES[0]}', prefix .. '${PROBES[1]}')
  if type(answer) == 'number' then return nil end
  return redis.error_reply('TRYAGAIN the slot of the partition is being moved')
end
`;

/** ARGV[2] is the owner that a script runs for, ARGV[1] its generation. Returns an error if another one is announced. */
const FENCE = `
local function fence(head)
  if head.err or not head[1] then return redis.error_reply('${LOST_REPLY} generation') end
  if tonumber(head[1]) ~= tonumber(ARGV[1]) or head[2] ~= ARGV[2] then
    return redis.error_reply('${FENCED_REPLY} generation ' .. head[1])
  end
  return nil
end
`;

/** -1 if the index cannot be counted: another program has written something else in its place. */
const COUNT_INDEX = `
local function count_index(index)
  local live = redis.pcall('ZCARD', index)
  return type(live) == 'number' and live or -1
end
`;

/**
 * Announces an owner and its generation and reads the meta hash.
 * ARGV: generation, owner, 1 to take over from a newer generation, name of the index. Returns the number of keys in the
 * index and the hash as a flat list; a meta key of another type counts as empty.
 */
export const RESTORE_SCRIPT: string = `
${COUNT_INDEX}
${SLOT_MOVES}
local refusal = slot_moves(ARGV[4])
if refusal then return refusal end
local head = redis.pcall('HGET', KEYS[1], 'generation')
if type(head) == 'table' then
  redis.call('DEL', KEYS[1])
  head = false
end
local stored = tonumber(head or nil)
if stored and stored > tonumber(ARGV[1]) and ARGV[3] ~= '1' then
  return redis.error_reply('${FENCED_REPLY} generation ' .. stored)
end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'owner', ARGV[2])
return { count_index(ARGV[4]), redis.call('HGETALL', KEYS[1]) }
`;

/**
 * One epoch: fence, keyed changes, expiry, meta.
 * ARGV: generation, owner, id of this commit, id of the previous commit, prefix, packed delta, watermark, then fields and
 * values of the meta hash. Returns 0 if the commit was applied before, 1 if it is now, or the keys whose appends have lost
 * what they append to: then nothing is written.
 * The id makes a commit idempotent when a lost connection repeats it, appends included. A task that restarted in the same
 * generation is another owner: a commit in flight from before its restart must be refused. The previous commit must be
 * present: a Redis that was killed may come back without the last commits that it acknowledged.
 */
export const COMMIT_SCRIPT: string = `
${FENCE}
${COUNT_INDEX}
${SLOT_MOVES}
local call, try, unpack_one = redis.call, redis.pcall, struct.unpack
local head = try('HMGET', KEYS[1], 'generation', 'owner', 'commit', 'keys')
local refusal = slot_moves(ARGV[5]) or fence(head)
if refusal then return refusal end
if head[3] == ARGV[3] then return 0 end
if (head[3] or '') ~= ARGV[4] then return redis.error_reply('${LOST_REPLY} commit') end
local index, prefix = ARGV[5] .. '${INDEX_KEY}', ARGV[5] .. '${STATE_KEYS}'
local live = tonumber(head[4] or '0')
if count_index(index) ~= live then return redis.error_reply('${LOST_REPLY} index') end
local data, at = ARGV[6], 1
local count
local lost = {}
count, at = unpack_one('<I4', data, at)
for _ = 1, count do
  local key
  key, at = unpack_one('<I4c0', data, at)
  if call('ZSCORE', index, key) then
    local bytes, noted = try('HSTRLEN', prefix .. key, 's'), try('HGET', prefix .. key, 'n')
    if type(bytes) ~= 'number' or type(noted) ~= 'string' or bytes ~= tonumber(noted) then lost[#lost + 1] = key end
  end
end
if #lost > 0 then return lost end
count, at = unpack_one('<I4', data, at)
for _ = 1, count do
  local key
  key, at = unpack_one('<I4c0', data, at)
  call('DEL', prefix .. key)
  live = live - call('ZREM', index, key)
end
local function write(key, state, served, time, ttl)
  local done = try('HSET', key, 's', state, 'n', #state, 'v', served, 't', time, 'ttl', ttl)
  if type(done) == 'number' then return end
  -- Another program's value gives way. Any other refusal, of a full memory for example, meets the first write alone, and
  -- comes again: a DEL before it would count as a write, after which Redis lets the script exceed its memory.
  if string.find(done.err, 'WRONGTYPE', 1, true) then call('DEL', key) end
  call('HSET', key, 's', state, 'n', #state, 'v', served, 't', time, 'ttl', ttl)
end
local written = 0
count, at = unpack_one('<I4', data, at)
written = written + count
for _ = 1, count do
  local key, state, served, time, ttl, expiry
  key, state, served, time, ttl, expiry, at = unpack_one('<I4c0I4c0I4c0I4c0I4c0d', data, at)
  write(prefix .. key, state, served, time, ttl)
  live = live + call('ZADD', index, expiry, key)
end
count, at = unpack_one('<I4', data, at)
written = written + count
for _ = 1, count do
  local key, bytes, time, ttl, expiry
  key, bytes, time, ttl, expiry, at = unpack_one('<I4c0I4c0I4c0I4c0d', data, at)
  local is_new = call('ZADD', index, expiry, key)
  live = live + is_new
  if is_new == 0 then bytes = call('HGET', prefix .. key, 's') .. bytes end
  write(prefix .. key, bytes, '', time, ttl)
end
local due = call('ZRANGEBYSCORE', index, '-inf', ARGV[7], 'LIMIT', 0, math.max(${STATE_SWEEP_KEYS_MIN}, 2 * written))
for _, key in ipairs(due) do
  call('DEL', prefix .. key)
  live = live - call('ZREM', index, key)
end
call('HSET', KEYS[1], 'commit', ARGV[3], 'keys', live)
for i = 8, #ARGV, 2 do call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
`;

/**
 * State of many keys. ARGV: owner, empty if none was announced; its last commit and the one in flight; prefix, packed
 * keys. Returns one value per key, nil if it was never written or has expired, ${LOST_VALUE} if it is lost. Reads are
 * fenced like writes: otherwise a former owner could mix its own state with the next owner's, or mistake a store that was
 * emptied or restored for one without those keys, and publish the result.
 */
export const GET_SCRIPT: string = `
${COUNT_INDEX}
${SLOT_MOVES}
local call, try, unpack_one = redis.call, redis.pcall, struct.unpack
local refusal = slot_moves(ARGV[4])
if refusal then return refusal end
local index, prefix = ARGV[4] .. '${INDEX_KEY}', ARGV[4] .. '${STATE_KEYS}'
if ARGV[1] ~= '' then
  local head = try('HMGET', KEYS[1], 'owner', 'generation', 'commit', 'keys')
  if head.err or not head[1] then return redis.error_reply('${LOST_REPLY} owner') end
  if head[1] ~= ARGV[1] then return redis.error_reply('${FENCED_REPLY} generation ' .. tostring(head[2])) end
  local commit = head[3] or ''
  if commit ~= ARGV[2] and commit ~= ARGV[3] then return redis.error_reply('${LOST_REPLY} commit') end
  if count_index(index) ~= tonumber(head[4] or '0') then return redis.error_reply('${LOST_REPLY} index') end
end
local data, at, found, n = ARGV[5], 1, {}, 0
while at <= #data do
  local key
  key, at = unpack_one('<I4c0', data, at)
  n = n + 1
  found[n] = false
  if call('ZSCORE', index, key) then
    local value = try('HMGET', prefix .. key, 's', 'n')
    local state, noted = value[1], value[2]
    if value.err or not state or #state ~= tonumber(noted or nil) then found[n] = ${LOST_VALUE} else found[n] = state end
  end
end
return found
`;

/**
 * State of many keys as any reader sees it, with what it is as of. ARGV: prefix, packed keys. Returns watermark and offset of
 * the checkpoint, nil if there is none, and the offset from which on it is complete, framed, nil if it always was; then for
 * each key its state and its event time: nil for a key that was never written or has expired, ${LOST_VALUE} for the state of one
 * that is lost.
 */
export const SERVED_SCRIPT: string = `
${SLOT_MOVES}
local call, try, unpack_one = redis.call, redis.pcall, struct.unpack
local index, prefix, data, at = ARGV[1] .. '${INDEX_KEY}', ARGV[1] .. '${STATE_KEYS}', ARGV[2], 1
local refusal = slot_moves(ARGV[1])
if refusal then return refusal end
local head = try('HMGET', KEYS[1], 'watermark', 'offset', '${STAGE_FIELD}${COMPLETE_STAGE}')
local found, n = { head[1] or false, head[2] or false, head[3] or false }, 3
while at <= #data do
  local key
  key, at = unpack_one('<I4c0', data, at)
  found[n + 1], found[n + 2] = false, false
  if found[2] and call('ZSCORE', index, key) then
    local value = try('HMGET', prefix .. key, 's', 'n', 't')
    local isWhole = not value.err and value[1] and value[3] and #value[1] == tonumber(value[2] or nil)
    if isWhole then found[n + 1], found[n + 2] = value[1], value[3] else found[n + 1] = ${LOST_VALUE} end
  end
  n = n + 2
end
return found
`;

/**
 * Empties the partition: its index and its checkpoint, all at once. Keys of state that stay behind are not in the index,
 * so they count as absent; the orphan script deletes them. ARGV: generation, owner, prefix.
 */
export const CLEAR_SCRIPT: string = `
${FENCE}
${SLOT_MOVES}
local refusal = slot_moves(ARGV[3]) or fence(redis.pcall('HMGET', KEYS[1], 'generation', 'owner'))
if refusal then return refusal end
redis.call('DEL', KEYS[1], ARGV[3] .. '${INDEX_KEY}')
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'owner', ARGV[2])
return 1
`;

/** A script that runs statements for each `key`, once the fence lets it. ARGV: generation, owner, prefix, packed keys. */
function forEachKey(statements: string): string {
  return `
${FENCE}
${SLOT_MOVES}
local refusal = slot_moves(ARGV[3]) or fence(redis.pcall('HMGET', KEYS[1], 'generation', 'owner'))
if refusal then return refusal end
local index, prefix, data, at = ARGV[3] .. '${INDEX_KEY}', ARGV[3] .. '${STATE_KEYS}', ARGV[4], 1
while at <= #data do
  local key
  key, at = struct.unpack('<I4c0', data, at)
  ${statements}
end
return 1
`;
}

/** Deletes keys of state, so that they count as never written. */
export const FORGET_SCRIPT: string = forEachKey(`redis.call('DEL', prefix .. key)
  if redis.call('ZREM', index, key) == 1 then redis.call('HINCRBY', KEYS[1], 'keys', -1) end`);

/** Deletes keys that are not in the index. */
export const ORPHAN_SCRIPT: string = forEachKey(
  "if not redis.call('ZSCORE', index, key) then redis.call('DEL', prefix .. key) end",
);
