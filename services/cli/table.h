/// Tables for people: aligned columns, a title line, nothing that a terminal would obey.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace fringewatch::cli {

class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;  ///< aligned right, as numbers are
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns.
  void Add(std::vector<std::string> cells);
  /// The last column is not padded, so that long text wraps as it comes.
  void Print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// `text` of a server without the control characters that could drive a terminal: they become '?'. Line ends become
/// blanks, or stay.
enum class LineEnds { kBlank, kKeep };
[[nodiscard]] std::string Plain(std::string_view text, LineEnds line_ends = LineEnds::kBlank);

/// "-" for NaN.
[[nodiscard]] std::string NumberText(double value, int decimals);

/// "-" for nothing.
[[nodiscard]] std::string OrDash(std::string_view text);

/// "812 B", "1.2 MB", "38.4 GB": powers of 1000.
[[nodiscard]] std::string BytesText(double bytes);

}  // namespace fringewatch::cli
