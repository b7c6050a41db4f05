/// Who may do what: bearer tokens with roles, from a file that is read again when it changes.
#pragma once

#include <memory>
#include <string>

#include "common/base/status.h"

namespace fringewatch::service {

/// Each role may do what the ones before it may.
enum class Role { kViewer, kOperator, kAdmin };

/// "viewer", "operator", "admin"
[[nodiscard]] const char* NameOf(Role role);

struct Caller {
  std::string name;  ///< for the audit log and RunRecord::submitted_by
  Role role = Role::kViewer;
};

/// Thread-safe.
class Access {
 public:
  virtual ~Access() = default;
  /// `authorization`: the header's value, "Bearer <token>"; empty = none sent.
  /// \error kNoToken; kForbidden when the caller's role is less than `needed`, naming both.
  [[nodiscard]] virtual StatusOr<Caller> Admit(const std::string& authorization, Role needed) const = 0;
};

/// Tokens of a file, one per line: `<sha256 of the token> <role> <name> [expires YYYY-MM-DD]`; # starts a comment.
/// The hash is lower-case hexadecimal (`printf %s "$TOKEN" | sha256sum`); the last day counts (UTC). Deny by default.
/// The file's stamp is looked at in every call. A file that changed into a bad one keeps the tokens of before and logs
/// the error. \error kNotReadable, kBadOption with all bad lines at once.
[[nodiscard]] StatusOr<std::unique_ptr<Access>> OpenTokenFile(const std::string& path);

/// Everybody is admin under the name "anonymous". For servers without a token file, which say so when they start.
[[nodiscard]] std::unique_ptr<Access> OpenToEverybody();

}  // namespace fringewatch::service
