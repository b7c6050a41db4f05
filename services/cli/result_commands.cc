/// `fringewatch sites`, `series` and `products`: what the runs found.
#include <filesystem>

#include "common/base/hash.h"
#include "fringewatch/v1/results.grpc.pb.h"
#include "services/cli/client_commands.h"
#include "services/cli/client_json.h"
#include "services/cli/client_pages.h"
#include "services/cli/run_text.h"
#include "services/cli/table.h"

namespace fringewatch::cli {
namespace {

namespace fs = std::filesystem;
using ResultStub = v1::ResultService::Stub;

/// A velocity that was not measured is no 0.
double Measured(const v1::Site& site, double value) {
  return site.failure().empty() ? value : std::numeric_limits<double>::quiet_NaN();
}

/// Why to look twice at a site.
std::string RemarksOf(const v1::Site& site) {
  std::string remarks = site.flags();
  const auto add = [&remarks](const std::string& text) { remarks += (remarks.empty() ? "" : ",") + text; };
  if (site.provisional()) add("provisional");
  if (!site.failure().empty()) add("no series: " + site.failure());
  return remarks;
}

void PrintSites(std::ostream& out, const v1::ListSitesResponse& list) {
  if (list.sites().empty()) {
    out << "no sites\n";
    return;
  }
  Table table({{"SITE"},
               {"TRACK"},
               {"RUN"},
               {"KIND"},
               {"MM/YR", true},
               {"+-", true},
               {"FASTEST", true},
               {"SCORE", true},
               {"AREA M2", true},
               {"LON", true},
               {"LAT", true},
               {"TO"},
               {"REMARKS"}});
  for (const v1::Site& site : list.sites()) {
    table.Add({site.site_id(), site.track(), site.run_id(), site.kind(),
               NumberText(Measured(site, site.vel_mm_yr()), 1), NumberText(Measured(site, site.vel_std_mm_yr()), 1),
               NumberText(Measured(site, site.vel_max_mm_yr()), 1), NumberText(site.score(), 2),
               NumberText(site.area_m2(), 0), NumberText(site.peak_lon(), 5), NumberText(site.peak_lat(), 5),
               OrDash(site.last_date()), RemarksOf(site)});
  }
  table.Print(out);
  out << "mm/yr in the line of sight; towards the satellite is positive\n";
  if (!list.next_page_token().empty()) out << "there are more: --limit 0 lists all\n";
}

void PrintSite(std::ostream& out, const v1::Site& site) {
  Table table({{"site"}, {site.site_id()}});
  table.Add({"run", site.run_id()});
  table.Add({"track", site.track() + ", " + OrDash(site.orbit())});
  table.Add({"kind", site.kind()});
  table.Add({"velocity", NumberText(Measured(site, site.vel_mm_yr()), 1) + " +- " +
                             NumberText(Measured(site, site.vel_std_mm_yr()), 1) + " mm/yr, fastest part " +
                             NumberText(Measured(site, site.vel_max_mm_yr()), 1)});
  table.Add({"acceleration", NumberText(Measured(site, site.accel_mm_yr2()), 1) + " mm/yr2"});
  table.Add({"score", NumberText(site.score(), 2) + " at the peak, " + NumberText(site.probability(), 2) + " inside"});
  table.Add({"quality", NumberText(site.quality(), 2)});
  table.Add({"area", NumberText(site.area_m2(), 0) + " m2"});
  table.Add({"dates",
             OrDash(site.first_date()) + " to " + OrDash(site.last_date()) + fmt::format(", {} pairs", site.pairs())});
  table.Add({"peak", fmt::format("{} E, {} N; row {}, column {}", NumberText(site.peak_lon(), 5),
                                 NumberText(site.peak_lat(), 5), site.peak_row(), site.peak_col())});
  table.Add({"remarks", OrDash(RemarksOf(site))});
  table.Add({"updated", TimeText(site.updated_at()) + " UTC"});
  table.Add({"outline", OrDash(site.outline_wkt())});
  table.Print(out);
}

StatusOr<ExitCode> ShowSite(const SitesOptions& options, const Connection& connection, const Console& console) {
  v1::GetSiteRequest request;
  request.set_site_id(options.site_id);
  request.set_run_id(options.run_id);
  FW_ASSIGN_OR_RETURN(const auto site, connection.Call(&ResultStub::AsyncGetSite, request));
  if (options.output == Output::kJson) {
    FW_RETURN_IF_ERROR(PrintJson(console.out, site));
  } else {
    PrintSite(console.out, site);
  }
  return ExitCode::kDone;
}

StatusOr<ExitCode> ListSites(const SitesOptions& options, const Connection& connection, const Console& console) {
  v1::ListSitesRequest request;
  if (!options.bbox.empty()) {
    v1::BoundingBox& box = *request.mutable_bbox();
    box.set_west(options.bbox.at(0));
    box.set_south(options.bbox.at(1));
    box.set_east(options.bbox.at(2));
    box.set_north(options.bbox.at(3));
  }
  request.set_run_id(options.run_id);
  request.set_track(options.track);
  request.set_from_date(options.from_date);
  request.set_to_date(options.to_date);
  request.set_min_velocity_mm_yr(options.min_velocity_mm_yr);
  FW_ASSIGN_OR_RETURN(const auto list,
                      CallForAllPages(connection, &ResultStub::AsyncListSites, request, options.limit,
                                      [](v1::ListSitesResponse& response) { return response.mutable_sites(); }));
  if (options.output == Output::kJson) {
    FW_RETURN_IF_ERROR(PrintJson(console.out, list));
  } else {
    PrintSites(console.out, list);
  }
  return ExitCode::kDone;
}

Status PrintSeries(std::ostream& out, const v1::Series& series) {
  const int dates = series.dates_size();
  if (series.displacement_mm_size() != dates || series.displacement_std_mm_size() != dates) {
    return Error(Fault::kInternal, "site {}: the series has {} dates but {} displacements and {} deviations",
                 series.site_id(), dates, series.displacement_mm_size(), series.displacement_std_mm_size());
  }
  out << fmt::format("site {}, run {}: {} +- {} mm/yr, {}\n", Plain(series.site_id()), Plain(series.run_id()),
                     NumberText(series.vel_mm_yr(), 1), NumberText(series.vel_std_mm_yr(), 1),
                     series.pixels() == 1 ? "one pixel" : fmt::format("mean of {} pixels", series.pixels()));
  if (!series.flags().empty()) out << "remarks: " << Plain(series.flags()) << '\n';
  Table table({{"DATE"}, {"MM", true}, {"+-", true}});
  for (int i = 0; i < dates; ++i) {
    table.Add(
        {series.dates(i), NumberText(series.displacement_mm(i), 2), NumberText(series.displacement_std_mm(i), 2)});
  }
  table.Print(out);
  return {};
}

StatusOr<ExitCode> ShowSeries(const SeriesOptions& options, const Connection& connection, const Console& console) {
  v1::GetSeriesRequest request;
  request.set_site_id(options.site_id);
  request.set_run_id(options.run_id);
  if (!options.pixel.empty()) {
    request.mutable_pixel()->set_row(options.pixel.at(0));
    request.mutable_pixel()->set_col(options.pixel.at(1));
  }
  FW_ASSIGN_OR_RETURN(const auto series, connection.Call(&ResultStub::AsyncGetSeries, request));
  if (options.output == Output::kJson) {
    FW_RETURN_IF_ERROR(PrintJson(console.out, series));
  } else {
    FW_RETURN_IF_ERROR(PrintSeries(console.out, series));
  }
  return ExitCode::kDone;
}

void PrintProducts(std::ostream& out, const v1::GetProductsResponse& answer) {
  out << "run " << Plain(answer.run_id()) << ": " << Plain(answer.folder_uri()) << '\n';
  Table table({{"PATH"}, {"BYTES", true}, {"SHA-256"}, {"URI"}});
  for (const v1::Product& product : answer.products()) {
    table.Add({product.path(), fmt::format("{}", product.bytes()), product.sha256(), product.uri()});
  }
  table.Print(out);
}

/// A path of the answer may not lead out of the folder that it is looked for in.
bool StaysBelow(const fs::path& path) {
  return !path.empty() && !path.is_absolute() && std::find(path.begin(), path.end(), "..") == path.end();
}

void Compare(const fs::path& folder, const std::string& path, const std::string& sha256, Problems& problems) {
  if (!StaysBelow(path)) {
    problems.Add(Fault::kPathForbidden, fmt::format("{}: the name leads out of the folder", path));
    return;
  }
  const StatusOr<std::string> found = Sha256File((folder / path).string());
  if (!found.ok()) {
    problems.Add(Fault::kNotReadable, fmt::format("{}: no such copy, or not readable; fetch it again", path));
  } else if (*found != sha256) {
    problems.Add(Fault::kChecksumMismatch,
                 fmt::format("{}: the copy has SHA-256 {}, the product {}; fetch it again", path, *found, sha256));
  }
}

Status Verify(const std::string& folder, const v1::GetProductsResponse& answer, const Console& console) {
  Problems problems;
  for (const v1::Product& product : answer.products()) Compare(folder, product.path(), product.sha256(), problems);
  int files = answer.products_size();
  if (!answer.manifest_sha256().empty()) {
    Compare(folder, "manifest.json", answer.manifest_sha256(), problems);
    ++files;
  }
  if (files == 0) problems.Add(Fault::kNotReadable, "the run has no products to compare with");
  FW_RETURN_IF_ERROR(problems.ToStatus(folder));
  console.err << folder << ": " << files << " files are as the run wrote them" << std::endl;
  return {};
}

StatusOr<ExitCode> ShowProducts(const ProductsOptions& options, const Connection& connection, const Console& console) {
  v1::GetProductsRequest request;
  request.set_run_id(options.run_id);
  const auto products = [](v1::GetProductsResponse& page) { return page.mutable_products(); };
  FW_ASSIGN_OR_RETURN(const auto answer,
                      CallForAllPages(connection, &ResultStub::AsyncGetProducts, request, 0, products));
  if (options.output == Output::kJson) {
    FW_RETURN_IF_ERROR(PrintJson(console.out, answer));
  } else {
    PrintProducts(console.out, answer);
  }
  if (!options.verify.empty()) FW_RETURN_IF_ERROR(Verify(options.verify, answer, console));
  return ExitCode::kDone;
}

}  // namespace

ExitCode SitesCommand(const SitesOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kResults, console, [&](const Connection& connection) {
    return options.site_id.empty() ? ListSites(options, connection, console) : ShowSite(options, connection, console);
  });
}

ExitCode SeriesCommand(const SeriesOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kResults, console,
                        [&](const Connection& connection) { return ShowSeries(options, connection, console); });
}

ExitCode ProductsCommand(const ProductsOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kResults, console,
                        [&](const Connection& connection) { return ShowProducts(options, connection, console); });
}

}  // namespace fringewatch::cli
