#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>

#include "services/cli/progress.h"
#include "services/cli/table.h"
#include "services/cli/test_client_line.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What bash offers for the words typed so far; the last one is being completed.
std::string Offered(const std::vector<std::string>& words) {
  const TemporaryFolder folder;
  const std::string script = folder / "completion.bash";
  std::ofstream file(script);
  file << Say("completion bash").out << "COMP_WORDS=(";
  for (const std::string& word : words) file << "'" << word << "' ";
  file << ")\nCOMP_CWORD=" << words.size() - 1 << "\n_fringewatch\necho \" ${COMPREPLY[*]} \"\n";
  file.close();
  std::FILE* bash = ::popen(("bash -eu " + script).c_str(), "r");
  std::string offered;
  for (int c = std::fgetc(bash); c != EOF; c = std::fgetc(bash)) offered += static_cast<char>(c);
  EXPECT_EQ(::pclose(bash), 0);
  return offered;
}

TEST(CompletionTest, BashOffersCommandsOptionsAndValues) {
  EXPECT_THAT(Offered({"fringewatch", ""}),
              AllOf(HasSubstr(" submit "), HasSubstr(" products "), HasSubstr(" --help ")));
  EXPECT_EQ(Offered({"fringewatch", "re"}), " resume retry \n");
  EXPECT_THAT(Offered({"fringewatch", "submit", "--"}), AllOf(HasSubstr(" --source "), HasSubstr(" --token-file "),
                                                              HasSubstr(" --priority "), Not(HasSubstr("--bbox"))));
  EXPECT_EQ(Offered({"fringewatch", "submit", "--priority", ""}), " routine emergency \n");
  EXPECT_EQ(Offered({"fringewatch", "runs", "--output", "j"}), " json \n");
  EXPECT_EQ(Offered({"fringewatch", "completion", "z"}), " zsh \n");
  EXPECT_THAT(Offered({"fringewatch", "submit", "--source", "/us"}), HasSubstr("/usr"));
}

TEST(CompletionTest, EveryCommandAndOptionIsInEveryScript) {
  std::ostringstream ignored;
  const Console console{ignored, ignored};
  CLI::App app;
  Chosen chosen;
  DeclareClient(app, console, chosen);
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string script = Say("completion " + shell).out;
    for (const CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
      EXPECT_THAT(script, HasSubstr(command->get_name())) << shell;
      for (const CLI::Option* option : command->get_options()) {
        for (const std::string& name : option->get_lnames()) {
          EXPECT_THAT(script, HasSubstr((shell == "fish" ? "-l " : "--") + name)) << shell;
        }
      }
    }
  }
  EXPECT_EQ(Say("completion tcsh").code, ExitCode::kUsage);
}

TEST(TableTest, AlignsCodePointsAndDisarmsControlCharacters) {
  Table table({{"NAME"}, {"N", true}, {"TEXT"}});
  table.Add({"gr\xC3\xBCn", "7", "a\x1b[2Jb\nc"});
  table.Add({"ab", "1234",
             "\xC2\x9B"
             "31m"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(), "NAME     N  TEXT\ngr\xC3\xBCn     7  a?[2Jb c\nab    1234  ?31m\n");
}

TEST(TableTest, NumbersForPeople) {
  EXPECT_EQ(BytesText(812), "812 B");
  EXPECT_EQ(BytesText(999960), "1.0 MB");
  EXPECT_EQ(BytesText(38.4e9), "38.4 GB");
  EXPECT_EQ(DurationText(45.4), "45 s");
  EXPECT_EQ(DurationText(119.6), "2 min");
  EXPECT_EQ(DurationText(3 * 3600 + 290), "3 h 05 min");
  EXPECT_EQ(DurationText(52 * 3600), "2 d 04 h");
}

}  // namespace
}  // namespace fringewatch::cli
