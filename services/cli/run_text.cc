#include "services/cli/run_text.h"

#include <google/protobuf/util/time_util.h>

#include "services/cli/table.h"

namespace fringewatch::cli {

bool HasEnded(v1::RunState state) {
  return state == v1::SUCCEEDED || state == v1::PARTIAL || state == v1::FAILED || state == v1::CANCELLED;
}

ExitCode ExitCodeOf(v1::RunState state) { return ExitCodeOfRun(v1::RunState_Name(state)); }

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "-";
  std::string text = google::protobuf::util::TimeUtil::ToString(time).substr(0, 19);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

void PrintState(std::ostream& out, const v1::Run& run) {
  out << "run " << Plain(run.run_id()) << ": " << v1::RunState_Name(run.state()) << '\n';
  for (const std::string& reason : run.reasons()) out << "  " << Plain(reason) << '\n';
}

}  // namespace fringewatch::cli
