/// What is wrong with the fields of a request, all at once.
#pragma once

#include <string>

#include "common/base/status.h"

namespace fringewatch::wire {

/// Each problem begins with the field's name: "policy.tile_px: ...".
class RequestFields {
 public:
  void Require(bool right, const char* field, const std::string& rule) {
    if (!right) problems_.Add(Fault::kBadOption, fmt::format("{}: {}", field, rule));
  }
  void Text(const std::string& text, const char* field, size_t longest) {
    Require(text.size() <= longest, field, fmt::format("{} bytes, must be at most {}", text.size(), longest));
    Require(text.find('\0') == std::string::npos, field, "holds a zero byte");
  }
  template <typename T>
  void Range(T value, T least, T most, const char* field) {
    Require(value >= least && value <= most, field, fmt::format("{} is not {} to {}", value, least, most));
  }
  /// \error kBadOption with all problems. `request` names the call.
  [[nodiscard]] Status ToStatus(const char* request) const { return problems_.ToStatus(request); }

 private:
  Problems problems_;
};

}  // namespace fringewatch::wire
