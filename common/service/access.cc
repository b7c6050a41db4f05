#include "common/service/access.h"

#include <sys/stat.h>

#include <cctype>
#include <chrono>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <tuple>
#include <vector>

#include "common/base/date.h"
#include "common/base/hash.h"
#include "common/service/log.h"

namespace fringewatch::service {
namespace {

std::optional<Role> RoleOf(const std::string& name) {
  for (const Role role : {Role::kViewer, Role::kOperator, Role::kAdmin}) {
    if (name == NameOf(role)) return role;
  }
  return std::nullopt;
}

struct Token {
  std::string sha256;
  Caller caller;
  std::optional<Date> expires;  ///< last day on which it is good (UTC)
};
using Tokens = std::vector<Token>;

bool IsSha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool IsName(const std::string& text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") ==
         std::string::npos;
}

/// One line without its comment. What is wrong never repeats the line's words: one may be a token in plain text.
StatusOr<Token> ParseToken(const std::vector<std::string>& words) {
  constexpr const char* kForm = "expected <sha256 of the token, lower case> <role> <name> [expires YYYY-MM-DD]";
  if (words.size() != 3 && words.size() != 5) return Error(Fault::kBadOption, "{} words; {}", words.size(), kForm);
  Token token{.sha256 = words[0], .caller = {.name = words[2]}, .expires = std::nullopt};
  if (!IsSha256(words[0])) {
    return Error(Fault::kBadOption, "the first word is not a SHA-256 in lower-case hexadecimal; {}", kForm);
  }
  const std::optional<Role> role = RoleOf(words[1]);
  if (!role) return Error(Fault::kBadOption, "the role is none of viewer, operator, admin");
  token.caller.role = *role;
  if (!IsName(words[2])) return Error(Fault::kBadOption, "the name may hold letters, digits and . _ @ - only");
  if (words.size() == 5) {
    if (words[3] != "expires") return Error(Fault::kBadOption, "the fourth word is not 'expires'; {}", kForm);
    FW_ASSIGN_OR_RETURN(token.expires, ParseDate(words[4]));
  }
  return token;
}

StatusOr<Tokens> ReadTokens(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error(Fault::kNotReadable, "{}: cannot open the token file (server.token_file)", path);
  Tokens tokens;
  Problems problems;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    std::istringstream text(line.substr(0, line.find('#')));
    std::vector<std::string> words;
    for (std::string word; text >> word;) words.push_back(word);
    if (words.empty()) continue;
    StatusOr<Token> token = ParseToken(words);
    if (token.ok()) {
      tokens.push_back(*std::move(token));
    } else {
      problems.Add(Fault::kBadOption, fmt::format("line {}: {}", number, MessageOf(token.status())));
    }
  }
  if (file.bad()) return Error(Fault::kNotReadable, "{}: reading the token file failed", path);
  FW_RETURN_IF_ERROR(problems.ToStatus(path));
  return tokens;
}

/// Equal or not, in a time that does not tell how much of it is equal.
bool SameHash(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

Date Today() {
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return {static_cast<int32_t>(days.time_since_epoch().count())};
}

/// "Bearer <token>"; the scheme in any case (RFC 7235).
std::optional<std::string> TokenOf(const std::string& authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return std::nullopt;
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(authorization[i])) != kScheme[i]) return std::nullopt;
  }
  const size_t start = authorization.find_first_not_of(' ', kScheme.size());
  if (start == std::string::npos) return std::nullopt;
  return authorization.substr(start, authorization.find_last_not_of(' ') + 1 - start);
}

class TokenFile final : public Access {
 public:
  /// What tells that a file changed.
  using Stamp = std::tuple<int64_t, int64_t, uint64_t, int64_t>;

  TokenFile(std::string path, Stamp stamp, Tokens tokens)
      : path_(std::move(path)), stamp_(stamp), tokens_(std::make_shared<const Tokens>(std::move(tokens))) {}

  static Stamp StampOf(const std::string& path) {
    struct stat file = {};
    if (::stat(path.c_str(), &file) != 0) return {};
    return {file.st_mtim.tv_sec, file.st_mtim.tv_nsec, file.st_ino, file.st_size};
  }

  StatusOr<Caller> Admit(const std::string& authorization, Role needed) const override {
    const std::optional<std::string> token = TokenOf(authorization);
    if (!token) {
      return Error(Fault::kNoToken, "this server asks for a token: send the header 'authorization: Bearer <token>'");
    }
    const std::shared_ptr<const Tokens> tokens = Current();
    const std::string sha256 = Sha256(*token);
    const Token* found = nullptr;
    for (const Token& known : *tokens) {  // to the end, whatever is found
      if (SameHash(known.sha256, sha256)) found = &known;
    }
    if (found == nullptr) return Error(Fault::kNoToken, "this server does not know the token");
    if (found->expires && Today() > *found->expires) {
      return Error(Fault::kNoToken, "the token of '{}' expired on {}", found->caller.name, found->expires->Iso());
    }
    if (found->caller.role < needed) {
      return Error(Fault::kForbidden, "'{}' is {}, and this call needs {}", found->caller.name,
                   NameOf(found->caller.role), NameOf(needed));
    }
    return found->caller;
  }

 private:
  std::shared_ptr<const Tokens> Current() const {
    const std::lock_guard lock(mutex_);
    // The stamp is taken before reading: a change in between is seen at the next call.
    const Stamp stamp = StampOf(path_);
    if (stamp == stamp_) return tokens_;
    stamp_ = stamp;
    StatusOr<Tokens> tokens = ReadTokens(path_);
    if (tokens.ok()) {
      tokens_ = std::make_shared<const Tokens>(*std::move(tokens));
      Log(LogLevel::kInfo, "token file read again", {{"path", path_}, {"tokens", std::to_string(tokens_->size())}});
    } else {
      Log(LogLevel::kError, "token file is bad: the tokens of before stay in force",
          {{"path", path_}, {"error", MessageOf(tokens.status())}});
    }
    return tokens_;
  }

  const std::string path_;
  mutable std::mutex mutex_;
  mutable Stamp stamp_;
  mutable std::shared_ptr<const Tokens> tokens_;
};

class Everybody final : public Access {
 public:
  StatusOr<Caller> Admit(const std::string&, Role) const override {
    return Caller{.name = "anonymous", .role = Role::kAdmin};
  }
};

}  // namespace

const char* NameOf(Role role) {
  switch (role) {
    case Role::kViewer: return "viewer";
    case Role::kOperator: return "operator";
    case Role::kAdmin: return "admin";
  }
  return "unknown";
}

StatusOr<std::unique_ptr<Access>> OpenTokenFile(const std::string& path) {
  const TokenFile::Stamp stamp = TokenFile::StampOf(path);
  FW_ASSIGN_OR_RETURN(Tokens tokens, ReadTokens(path));
  return std::make_unique<TokenFile>(path, stamp, std::move(tokens));
}

std::unique_ptr<Access> OpenToEverybody() { return std::make_unique<Everybody>(); }

}  // namespace fringewatch::service
