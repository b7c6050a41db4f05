#include "common/queue/redis_scripts.h"

#include "common/base/hash.h"
#include "common/queue/redis_script_parts.h"

namespace fringewatch {
namespace {

using redis_script_parts::kBase;
using redis_script_parts::kLease;
using redis_script_parts::kLine;
using redis_script_parts::kOwner;

constexpr char kPush[] = R"lua(
push_tasks(6)
return 1
)lua";

constexpr char kClaim[] = R"lua(
local consumer, nonce, end_code, end_text = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]
local kFirstKind = 10

local function granted(line, id, deliveries, run, task, body)
  return {1, id, deliveries, line.kind, line.priority, run, task, body.d, body.b + deliveries}
end
local function grant(line, id, deliveries, run, task, body)
  call('ZADD', line.leases, string.format('%.0f', now + lease_ms), lease_name(id, nonce, run, task))
  return granted(line, id, deliveries, run, task, body)
end

-- The lease that an earlier try of this call got, whose answer was lost on the way.
local function granted_before(line)
  for _, name in ipairs(call('ZRANGE', line.leases, '0', '-1')) do
    local id, its_nonce, run, task = parse_lease(name)
    if its_nonce == nonce then
      local delivery, body = pending(line, id), body_of(run, task)
      if delivery and body then return granted(line, id, delivery.deliveries, run, task, body) end
    end
  end
end

local function take_over(line, name)
  local id, _, run, task = parse_lease(name)
  local delivery = pending(line, id)
  if delivery and delivery.idle_ms < lease_ms then  -- somebody prolonged it by hand
    call('ZADD', line.leases, now + lease_ms - delivery.idle_ms, name)
    return nil
  end
  call('ZREM', line.leases, name)
  local body = body_of(run, task)
  if not body then
    drop(line, id)
    return nil
  end
  local attempt = body.b + (delivery and delivery.deliveries or 1)
  record(body, attempt, delivery and delivery.consumer or 'unknown', end_text)
  if attempt >= max_attempts then
    die(run, task, body, attempt, end_code, end_text)
    drop(line, id)
    return nil
  end
  -- XCLAIM gives nothing when the entry was deleted while it was pending: then the task needs a new entry.
  if delivery and call('XCLAIM', line.stream, 'workers', consumer, '0', id)[1] then
    save(run, task, body)
    return grant(line, id, delivery.deliveries + 1, run, task, body)
  end
  drop(line, id)
  body.b, body.q = attempt, now
  queue_again(line, run, task, body, 'LPUSH')
end

local function claim(line)
  while true do
    local ended = call('ZRANGEBYSCORE', line.leases, '-inf', now_text, 'LIMIT', '0', '1')[1]
    if not ended then break end
    local lease = take_over(line, ended)
    if lease then return lease end
  end
  while true do
    local id, run, task, ready = deliver(line, consumer)
    if not id then return nil end
    local body = body_of(run, task)
    refill(line, ready)
    if body and not call('ZSCORE', dead_of(run), task) then
      move(run, line.kind, 'queued', 'leased')
      return grant(line, id, 1, run, task, body)
    end
    drop(line, id)  -- its run is forgotten
  end
end

local lines = {}
for _, priority in ipairs({'emergency', 'routine'}) do
  for i = kFirstKind, #ARGV do table.insert(lines, line_of(ARGV[i], priority)) end
end
if again then
  for _, line in ipairs(lines) do
    local lease = granted_before(line)
    if lease then return lease end
  end
end
for _, line in ipairs(lines) do
  local lease = claim(line)
  if lease then return lease end
end
local next_end = -1
local idle = {0, next_end}
for _, line in ipairs(lines) do
  local first = call('ZRANGE', line.leases, '0', '0', 'WITHSCORES')
  if first[1] and (next_end < 0 or first[2] - now < next_end) then next_end = math.max(first[2] - now, 0) end
  table.insert(idle, line.stream)
  table.insert(idle, call('HGET', line.state, 'last') or '0-0')
end
idle[2] = next_end
return idle
)lua";

constexpr char kExtend[] = R"lua(
if not owned then return 0 end
call('XCLAIM', line.stream, 'workers', consumer, '0', id, 'JUSTID')
call('ZADD', line.leases, now + lease_ms, name)
return 1
)lua";

constexpr char kCommit[] = R"lua(
if not owned then return again and call('SISMEMBER', done_of(run), task) or 0 end
settle()
call('HDEL', tasks_of(run), task)
call('SADD', done_of(run), task)
move(run, line.kind, 'leased', 'done')
push_tasks(14)
return 1
)lua";

constexpr char kFail[] = R"lua(
if not owned then return 0 end
local code, text, retryable = tonumber(ARGV[14]), ARGV[15], ARGV[16]
settle()
record(body, attempt, consumer, text)
if retryable == '1' and attempt < max_attempts then
  body.b, body.q = attempt, now
  queue_again(line, run, task, body, 'RPUSH')
else
  die(run, task, body, attempt, code, text)
end
return 1
)lua";

constexpr char kReturn[] = R"lua(
if not owned then return 0 end
settle()
body.b = attempt - 1
queue_again(line, run, task, body, 'LPUSH')
return 1
)lua";

constexpr char kRetry[] = R"lua(
local run, task = ARGV[6], ARGV[7]
local body = body_of(run, task)
if call('ZREM', dead_of(run), task) == 0 then return again and body and 1 or 0 end
local line = line_of(body.k, body.p)
open(line)
body.b, body.q = 0, now
save(run, task, body)
move(run, body.k, 'dead', 'queued')
wait_at(line, run, task, 'RPUSH')
refill(line)
return 1
)lua";

constexpr char kForget[] = R"lua(
local run = ARGV[6]
local function drop_leases(line)
  for _, name in ipairs(call('ZRANGE', line.leases, '0', '-1')) do
    local id, _, its_run = parse_lease(name)
    if its_run == run then
      call('ZREM', line.leases, name)
      drop(line, id)
    end
  end
end
-- An undelivered entry may not be deleted (the group's lag would become unknown): all are delivered, and those of the
-- other runs are added again, in their order.
local function drop_ready(line)
  local ready = call('XRANGE', line.stream, '(' .. (call('HGET', line.state, 'last') or '0-0'), '+')
  local others = {}
  for _, entry in ipairs(ready) do
    if entry[2][2] ~= run then table.insert(others, entry[2]) end
  end
  if #others == #ready then return end
  local consumer = '#forget'
  for _ = 1, #ready do
    local id = deliver(line, consumer)
    if id then drop(line, id) end
  end
  if #call('XPENDING', line.stream, 'workers', '-', '+', 1, consumer) == 0 then
    call('XGROUP', 'DELCONSUMER', line.stream, 'workers', consumer)
  end
  for _, fields in ipairs(others) do call('XADD', line.stream, '*', unpack(fields)) end
  call('HSET', line.state, 'ready', #others)
end
for _, line in ipairs(all_lines()) do
  open(line)
  call('ZREM', line.turns, run)
  call('HDEL', line.served, run)
  call('UNLINK', waiting_of(line, run))
  drop_leases(line)
  drop_ready(line)
  refill(line)
end
call('UNLINK', tasks_of(run), done_of(run), dead_of(run), counts_of(run))
call('SREM', prefix .. 'runs', run)
return 1
)lua";

constexpr char kKnown[] = R"lua(
return {call('HKEYS', tasks_of(ARGV[6])), call('SMEMBERS', done_of(ARGV[6]))}
)lua";

constexpr char kDead[] = R"lua(
local run = ARGV[6]
local dead = {}
for i, task in ipairs(call('ZRANGE', dead_of(run), '0', '-1')) do
  local body = body_of(run, task)
  dead[i] = {task, body.k, body.p, body.d, body.a, body.c, body.m}
  for _, line in ipairs(body.h) do table.insert(dead[i], line) end
end
return dead
)lua";

constexpr char kLines[] = R"lua(
local states = {}
for _, line in ipairs(all_lines()) do
  local queued, oldest = tonumber(call('HGET', line.state, 'ready') or 0), now
  local function see(run, task)
    local body = task and body_of(run, task)
    if body then oldest = math.min(oldest, body.q) end
  end
  local first = call('XRANGE', line.stream, '(' .. (call('HGET', line.state, 'last') or '0-0'), '+', 'COUNT', '1')[1]
  if first then see(first[2][2], first[2][4]) end
  for _, run in ipairs(call('ZRANGE', line.turns, '0', '-1')) do
    queued = queued + call('LLEN', waiting_of(line, run))
    see(run, call('LINDEX', waiting_of(line, run), 0))
  end
  if call('HGET', line.state, 'joined') then
    table.insert(states, {line.kind, line.priority, queued, call('ZCARD', line.leases), now - oldest})
  end
end
return states
)lua";

constexpr char kLeave[] = R"lua(
for _, line in ipairs(all_lines()) do
  local held = redis.pcall('XPENDING', line.stream, 'workers', '-', '+', 1, ARGV[6])
  if not held.err and #held == 0 then call('XGROUP', 'DELCONSUMER', line.stream, 'workers', ARGV[6]) end
end
return 1
)lua";

template <typename... Part>
RedisScript Join(const char* name, const Part&... parts) {
  std::string text = (std::string() + ... + parts);
  std::string sha1 = Sha1(text);
  return {name, std::move(text), std::move(sha1)};
}

}  // namespace

namespace redis_scripts {

#define FW_SCRIPT(name, ...)                                    \
  const RedisScript& name() {                                   \
    static const RedisScript script = Join(#name, __VA_ARGS__); \
    return script;                                              \
  }
FW_SCRIPT(Push, kBase, kLine, kPush)
FW_SCRIPT(Claim, kBase, kLine, kLease, kClaim)
FW_SCRIPT(Extend, kBase, kLine, kLease, kOwner, kExtend)
FW_SCRIPT(Commit, kBase, kLine, kLease, kOwner, kCommit)
FW_SCRIPT(Fail, kBase, kLine, kLease, kOwner, kFail)
FW_SCRIPT(Return, kBase, kLine, kLease, kOwner, kReturn)
FW_SCRIPT(Retry, kBase, kLine, kRetry)
FW_SCRIPT(Forget, kBase, kLine, kLease, kForget)
FW_SCRIPT(Known, kBase, kKnown)
FW_SCRIPT(Dead, kBase, kDead)
FW_SCRIPT(Lines, kBase, kLines)
FW_SCRIPT(Leave, kBase, kLeave)
#undef FW_SCRIPT

}  // namespace redis_scripts
}  // namespace fringewatch
