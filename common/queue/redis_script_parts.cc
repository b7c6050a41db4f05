#include "common/queue/redis_script_parts.h"

namespace fringewatch::redis_script_parts {

const char kBase[] = R"lua(
local prefix, window, lease_ms, max_attempts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local again = ARGV[5] == '1'
local call = redis.call
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
-- Redis writes a number as %.17g, which is slow: constants and what is sent often are given as text.
local now_text = string.format('%.0f', now)

local function tasks_of(run) return prefix .. 'tasks:' .. run end
local function done_of(run) return prefix .. 'done:' .. run end
local function dead_of(run) return prefix .. 'dead:' .. run end
local function counts_of(run) return prefix .. 'counts:' .. run end
-- Names of a line's keys are made when they are needed: most lines of a claim are only looked at.
local line_keys = {__index = function(line, key)
  line[key] = line.stream .. ':' .. key
  return line[key]
end}
local function line_of(kind, priority)
  local name = kind .. ':' .. priority
  return setmetatable({kind = kind, priority = priority, name = name, stream = prefix .. 'line:' .. name}, line_keys)
end
local function waiting_of(line, run) return prefix .. 'waiting:' .. line.name .. ':' .. run end
local function all_lines()
  local lines = {}
  for i, name in ipairs(call('SMEMBERS', prefix .. 'lines')) do
    lines[i] = line_of(string.match(name, '^(.*):(%a+)$'))
  end
  return lines
end

-- A task's body: k kind, p priority, d payload, b attempts before this stay in the line, q ms since when it waits,
-- h history; of a dead one: a attempts, c code and m text of its last status.
local function body_of(run, task)
  local raw = call('HGET', tasks_of(run), task)
  return raw and cmsgpack.unpack(raw)
end
local function save(run, task, body) call('HSET', tasks_of(run), task, cmsgpack.pack(body)) end
local function move(run, kind, from, to)
  if from then call('HINCRBY', counts_of(run), from .. ':' .. kind, '-1') end
  if to then call('HINCRBY', counts_of(run), to .. ':' .. kind, '1') end
end
)lua";

const char kLine[] = R"lua(
local function create(line)
  call('XGROUP', 'CREATE', line.stream, 'workers', '0', 'MKSTREAM')
  call('HSET', line.state, 'ready', 0)
  call('HDEL', line.state, 'last', 'trash')
  call('SADD', prefix .. 'lines', line.name)
end

local function open(line)
  if call('EXISTS', line.stream) == 0 then create(line) end
end

-- Start-time fair queueing: a run joins at the turn that is being served, but not before its own next turn.
-- The fraction keeps the order of joining within a turn.
local function join(line, run)
  if call('ZSCORE', line.turns, run) then return end
  local turn = math.floor(tonumber(call('HGET', line.state, 'turn') or 0))
  local served = call('HGET', line.served, run)
  if served then turn = math.max(turn, math.floor(tonumber(served)) + 1) end
  local joined = call('HINCRBY', line.state, 'joined', '1')
  call('ZADD', line.turns, turn + (joined % 1048576) / 1048576, run)
end

local function wait_at(line, run, task, push)
  call(push, waiting_of(line, run), task)
  join(line, run)
end

local function refill(line, ready)
  ready = ready or tonumber(call('HGET', line.state, 'ready') or 0)
  local last_turn
  while ready < window do
    local next = call('ZRANGE', line.turns, '0', '0', 'WITHSCORES')
    local run, turn = next[1], next[2]
    if not run then break end
    local waiting = waiting_of(line, run)
    local task = call('LPOP', waiting)
    if call('EXISTS', waiting) == 1 then
      call('ZINCRBY', line.turns, '1', run)
    else
      call('ZREM', line.turns, run)
    end
    if task then
      call('HSET', line.served, run, turn)
      call('XADD', line.stream, '*', 'run', run, 'task', task)
      ready, last_turn = ready + 1, turn
    end
  end
  if last_turn then call('HSET', line.state, 'ready', ready, 'turn', last_turn) end
end

-- Takes the next undelivered entry: its id, run, task, and how many are left. The entry delivered before can be deleted
-- only now: while the group's last id is a deleted one, Redis 7.0 cannot tell the lag.
local function deliver(line, consumer)
  local got = redis.pcall('XREADGROUP', 'GROUP', 'workers', consumer, 'COUNT', '1', 'STREAMS', line.stream, '>')
  if got and got.err then
    if not string.find(got.err, 'NOGROUP', 1, true) then return error(got) end
    create(line)
    got = nil
  end
  if not got then
    if (call('HGET', line.state, 'ready') or '0') ~= '0' then call('HSET', line.state, 'ready', 0) end
    return nil
  end
  local id, fields = got[1][2][1][1], got[1][2][1][2]
  local state = call('HMGET', line.state, 'ready', 'trash')
  local ready = math.max((state[1] or 0) - 1, 0)
  if state[2] then
    call('XDEL', line.stream, state[2])
    call('HDEL', line.state, 'trash')
  end
  call('HSET', line.state, 'last', id, 'ready', ready)
  return id, fields[2], fields[4], ready
end

local function drop(line, id)
  call('XACK', line.stream, 'workers', id)
  if call('HGET', line.state, 'last') == id then
    call('HSET', line.state, 'trash', id)
  else
    call('XDEL', line.stream, id)
  end
end

local function push_tasks(first)
  local touched = {}
  for i = first, #ARGV, 5 do
    local task, run, kind, priority, payload = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
    if call('HEXISTS', tasks_of(run), task) == 0 and call('SISMEMBER', done_of(run), task) == 0 then
      local line = touched[kind .. ':' .. priority]
      if not line then
        line = line_of(kind, priority)
        touched[line.name] = line
        open(line)
      end
      call('SADD', prefix .. 'runs', run)
      save(run, task, {k = kind, p = priority, d = payload, b = 0, q = now})
      move(run, kind, nil, 'queued')
      wait_at(line, run, task, 'RPUSH')
    end
  end
  for _, line in pairs(touched) do refill(line) end
end
)lua";

const char kLease[] = R"lua(
local function pending(line, id)
  local found = redis.pcall('XPENDING', line.stream, 'workers', id, id, '1')
  if found.err then
    if string.find(found.err, 'NOGROUP', 1, true) then return nil end
    return error(found)
  end
  local entry = found[1]
  return entry and {consumer = entry[2], idle_ms = entry[3], deliveries = entry[4]}
end

-- A lease as a member of the line's leases: names its task even when the stream entry is gone.
local function lease_name(id, nonce, run, task) return id .. ' ' .. nonce .. ' ' .. #run .. ' ' .. run .. task end
local function parse_lease(name)
  local id, nonce, size, rest = string.match(name, '^(%S+) (%S+) (%d+) (.*)$')
  return id, nonce, string.sub(rest, 1, tonumber(size)), string.sub(rest, tonumber(size) + 1)
end

local function record(body, attempt, consumer, text)
  body.h = body.h or {}
  table.insert(body.h, 'attempt ' .. attempt .. ' on ' .. consumer .. ': ' .. text)
  if #body.h > 20 then table.remove(body.h, 1) end  -- kHistoryKept
end

local function die(run, task, body, attempt, code, text)
  body.a, body.c, body.m = attempt, code, text
  save(run, task, body)
  call('ZADD', dead_of(run), call('INCR', prefix .. 'deaths'), task)
  move(run, body.k, 'leased', 'dead')
end

local function queue_again(line, run, task, body, push)
  save(run, task, body)
  move(run, body.k, 'leased', 'queued')
  wait_at(line, run, task, push)
  refill(line)
end
)lua";

const char kOwner[] = R"lua(
local consumer, id, deliveries, nonce = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]
local line, run, task = line_of(ARGV[10], ARGV[11]), ARGV[12], ARGV[13]
local name = lease_name(id, nonce, run, task)
local delivery = pending(line, id)
local body = body_of(run, task)
local owned = body and delivery and delivery.consumer == consumer and delivery.deliveries == deliveries
  and delivery.idle_ms < lease_ms and call('ZSCORE', line.leases, name)
local attempt = owned and body.b + deliveries
local function settle()
  call('ZREM', line.leases, name)
  drop(line, id)
end
)lua";

}  // namespace fringewatch::redis_script_parts
