/// The Lua scripts of the Redis queue: every operation is one, so that it happens whole or not at all.
///
/// Keys, all under the prefix:
///   runs              set: run ids                  deaths          counter that orders dead letters
///   lines             set: "<kind>:<priority>"
///   tasks:<run>       hash: task id -> body (MessagePack) of every task that is not done
///   done:<run>        set: ids of committed tasks   dead:<run>      sorted set: ids, in the order in which they died
///   counts:<run>      hash: "<state>:<kind>" -> tasks
///   waiting:<kind>:<priority>:<run>   list: ids that are not yet in the line's stream
/// and per line L = line:<kind>:<priority>
///   L                 stream, group "workers": at most `ready_window` undelivered entries, the delivered ones pending
///   L:leases          sorted set: lease -> its end, ms of Redis' clock
///   L:turns           sorted set: run with waiting tasks -> its turn; the lowest turn is drawn next
///   L:served          hash: run -> its last turn, so that a run which waits again does not jump the queue
///   L:state           hash: ready (undelivered entries), last (id delivered last), trash (id to delete), turn, joined
#pragma once

#include <string>

namespace fringewatch {

/// Arguments of every script: prefix, ready_window, lease in ms, max_attempts, "1" if the same call may have been
/// executed already (its answer was lost); then its own.
struct RedisScript {
  const char* name;
  std::string text;
  std::string sha1;  ///< by which EVALSHA names it
};

namespace redis_scripts {

/// A lease, as arguments: consumer, entry id, deliveries, nonce, kind, priority, run, task.
/// A task: task, run, kind, priority, payload.

/// tasks... -> 1
const RedisScript& Push();
/// consumer, nonce, code and text of an ended lease, kinds...
/// -> {1, entry id, deliveries, kind, priority, run, task, payload, attempt}
///  | {0, ms until a lease ends or -1, (stream, last delivered id)...}
const RedisScript& Claim();
/// lease -> 1, 0 when lost
const RedisScript& Extend();
/// lease, tasks... -> 1, 0 when lost
const RedisScript& Commit();
/// lease, code, text, "1" if retryable -> 1, 0 when lost
const RedisScript& Fail();
/// lease -> 1, 0 when lost
const RedisScript& Return();
/// run, task -> 1, 0 when the task is not dead
const RedisScript& Retry();
/// run -> 1
const RedisScript& Forget();
/// run -> {ids of tasks not done, ids of tasks done}
const RedisScript& Known();
/// run -> {{task, kind, priority, payload, attempt, code, text, history...}...}
const RedisScript& Dead();
/// -> {{kind, priority, queued, leased, oldest age in ms}...}
const RedisScript& Lines();
/// consumer -> 1
const RedisScript& Leave();

}  // namespace redis_scripts
}  // namespace fringewatch
