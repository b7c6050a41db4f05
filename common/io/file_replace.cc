#include "common/io/file_replace.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace fringewatch::io {

namespace fs = std::filesystem;

std::string PartialName(const std::string& path) {
  const fs::path target(path);
  return (target.parent_path() /
          fmt::format(".{}.{}.part{}", target.stem().string(), ::getpid(), target.extension().string()))
      .string();
}

Status NotWritable(const std::string& path, std::string_view reason) {
  return Error(Fault::kNotWritable, "{}: {}; check that the folder exists, is writable and has space", path, reason);
}

Status Publish(const std::string& partial, const std::string& path) {
  std::error_code failure;
  fs::rename(partial, path, failure);
  if (!failure) return {};
  std::error_code ignored;
  fs::remove(partial, ignored);
  return NotWritable(path, failure.message());
}

Status WriteWholeFile(const std::string& path, std::string_view bytes) {
  std::error_code failure;
  if (const fs::path folder = fs::path(path).parent_path(); !folder.empty()) fs::create_directories(folder, failure);
  if (failure) return NotWritable(path, failure.message());
  const std::string partial = PartialName(path);
  {
    std::ofstream file(partial, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
      const std::string reason = std::strerror(errno);
      fs::remove(partial, failure);
      return NotWritable(path, reason);
    }
  }
  return Publish(partial, path);
}

StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) {
    return Error(Fault::kNotReadable, "{}: {}", path, fs::exists(path) ? "cannot be opened" : "no such file");
  }
  std::ostringstream content;
  content << file.rdbuf();
  if (file.bad()) return Error(Fault::kNotReadable, "{}: reading failed", path);
  return std::move(content).str();
}

}  // namespace fringewatch::io
