#include "tests/integration/deliveries.h"

#include <future>

#include "tests/integration/operator.h"

namespace fringewatch::integration {
namespace {

/// Every delivery that was not seen before is as old as if its owner had been silent for an hour. What was seen is kept
/// in Redis: the second owner is left alone.
constexpr char kExpire[] = R"lua(
local expired = 0
for _, stream in ipairs(redis.call('KEYS', 'fringewatch:line:*')) do
  if redis.call('TYPE', stream).ok == 'stream' then
    for _, entry in ipairs(redis.call('XPENDING', stream, 'workers', '-', '+', 100)) do
      local id = entry[1]
      if redis.call('SADD', 'test:seen', stream .. id) == 1 then
        redis.call('XCLAIM', stream, 'workers', entry[2], 0, id, 'IDLE', 3600000, 'JUSTID')
        for _, lease in ipairs(redis.call('ZRANGE', stream .. ':leases', 0, -1)) do
          if string.sub(lease, 1, #id + 1) == id .. ' ' then redis.call('ZADD', stream .. ':leases', 0, lease) end
        end
        expired = expired + 1
      end
    end
  end
end
return expired
)lua";

}  // namespace

int ExpireEachDeliveryOnce(Cluster& cluster, const std::string& run_id) {
  const auto ended = std::async(std::launch::async, [&] { (void)AwaitEnd(cluster, run_id, Within(120)); });
  int expired = 0;
  while (ended.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) {
    expired += static_cast<int>(cluster.redis().Command({"EVAL", kExpire, "0"}).integer);
  }
  return expired;
}

}  // namespace fringewatch::integration
