/// Plain connections to a port of this machine: peers that open one and say nothing.
#pragma once

#include <vector>

namespace fringewatch::integration {

/// Closed when this object dies.
class IdleConnections {
 public:
  /// Opens up to `count`; what the server refuses is not there.
  IdleConnections(int port, int count);
  IdleConnections(const IdleConnections&) = delete;
  IdleConnections& operator=(const IdleConnections&) = delete;
  ~IdleConnections();
  [[nodiscard]] int count() const { return static_cast<int>(sockets_.size()); }

 private:
  std::vector<int> sockets_;
};

}  // namespace fringewatch::integration
