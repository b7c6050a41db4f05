#include "services/results/app/report_html.h"

#include <algorithm>
#include <cmath>

#include "services/results/app/report_map.h"
#include "services/results/app/report_parts.h"
#include "services/results/app/report_site.h"
#include "services/results/app/report_style.h"

namespace fringewatch::results {
namespace {

using Verdict = InputRecord::Verdict;

constexpr size_t kPanels = 200;  ///< sites with a panel of their own

std::string Tile(const std::string& value, const std::string& unit, const std::string& name) {
  return fmt::format("<div><b>{}<small>{}</small></b><span>{}</span></div>", value, unit, name);
}

std::string DateRange(const std::vector<Date>& dates) {
  return dates.empty() ? "no dates" : dates.front().Iso() + " to " + dates.back().Iso();
}

std::string Header(const ReportInput& input) {
  const Track& track = input.track;
  const std::string orbit =
      track.orbit_direction == "unknown" ? "orbit direction unknown" : track.orbit_direction + " orbit";
  return fmt::format(R"(<div class="top"><div><div class="brand">Fringewatch</div><h1>Moving ground on track {}</h1>)"
                     R"(<p>{} · {} · {} · wavelength {:.4f} m</p></div></div>)",
                     Escape(track.name), DateRange(DatesOf(track.pairs)), Escape(orbit), Escape(track.format),
                     track.wavelength_m);
}

std::string KeyFigures(const ReportInput& input, const std::vector<SiteSummary>& summaries) {
  const Grid& grid = input.track.grid;
  const double area_km2 = 1e-6 * static_cast<double>(grid.frame().pixels()) * grid.PixelArea_m2();
  double fastest = std::nan("");
  for (const SiteSummary& summary : summaries) {
    if (!(std::abs(summary.vel_max_mm_yr) <= std::abs(fastest))) {
      if (std::isfinite(summary.vel_max_mm_yr)) fastest = summary.vel_max_mm_yr;
    }
  }
  std::string html = "<div class=\"key\">" + Tile(Thousands(static_cast<double>(summaries.size())), "", "moving sites");
  html += Tile(Number(fastest, std::abs(fastest) < 100 ? 1 : 0), "mm/yr", "fastest, line of sight");
  html += area_km2 > 0
              ? Tile(area_km2 < 100 ? Number(area_km2, 1) : Thousands(area_km2), "km²",
                     fmt::format("frame, {} × {} pixels of {:.0f} m", grid.rows, grid.cols, grid.PixelSize_m()))
              : Tile(fmt::format("{} × {}", grid.rows, grid.cols), "px", "frame, pixel size unknown");
  html += Tile(Number(100 * AvoidedRatio(input.facts), 2), "%", "of the pixels never had to be unwrapped");
  html += Tile(fmt::format("{}", input.facts.pairs), "", "interferograms");
  return html + Tile(fmt::format("{}", DatesOf(input.track.pairs).size()), "", "acquisition dates") + "</div>";
}

/// End of the colour scale that all sites share, mm/yr.
double SharedLimit(const std::vector<SiteSummary>& summaries) {
  std::vector<double> speeds;
  for (const SiteSummary& summary : summaries) {
    if (std::isfinite(summary.vel_max_mm_yr)) speeds.push_back(std::abs(summary.vel_max_mm_yr));
  }
  if (speeds.empty()) return 100.0;
  std::sort(speeds.begin(), speeds.end());
  return RoundUp(std::max(1.0, speeds[static_cast<size_t>(0.9 * static_cast<double>(speeds.size() - 1))]));
}

std::string Swatch(double value, double limit) {
  return fmt::format(R"(<span class="swatch" style="background:{}"></span>)",
                     std::isfinite(value) ? CssColour(ColourOf(value, limit)) : "transparent");
}

/// The few fastest sites, beside the map.
std::string FastestList(const ReportInput& input, const std::vector<SiteSummary>& summaries, double limit) {
  std::vector<size_t> order;
  for (size_t i = 0; i < std::min(kPanels, summaries.size()); ++i) {
    if (std::isfinite(summaries[i].vel_max_mm_yr)) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::abs(summaries[a].vel_max_mm_yr) > std::abs(summaries[b].vel_max_mm_yr);
  });
  if (order.size() > 8) order.resize(8);
  if (order.empty()) return {};
  std::string html = "<p style=\"margin-top:18px\"><b>Fastest</b></p><table class=\"fastest\">";
  for (const size_t i : order) {
    html += fmt::format(R"(<tr><td>{}<a href="#{}">site {}</a></td><td class="n">{} mm/yr</td></tr>)",
                        Swatch(summaries[i].vel_max_mm_yr, limit), Escape(input.inventory.sites[i].site_id), i + 1,
                        Number(summaries[i].vel_max_mm_yr, 1));
  }
  return html + "</table>";
}

StatusOr<std::string> MapSection(const ReportInput& input, const std::vector<SiteSummary>& summaries, double limit) {
  FW_ASSIGN_OR_RETURN(const std::string map, MapSvg(input, summaries, limit));
  return "<section><h2>Map</h2><div class=\"card map\">" + map +
         "<div><p><b>Peak velocity of each site</b>, line of sight</p>" + ColourLegend(limit) +
         fmt::format(
             "<p style=\"margin-top:16px\">Numbers are ranks in the table. Rings mark sites too small to see. "
             "Background: {}; hatched: no data, nothing is known there.</p>"
             "<p>Wheel to zoom, drag to move, double click to reset; click a site for its series.</p>",
             Escape(input.background.caption)) +
         FastestList(input, summaries, limit) + "</div></div></section>";
}

/// A cell that sorts by `value` and shows `text`.
std::string Cell(double value, const std::string& text) {
  return fmt::format(R"(<td class="n" data-v="{}">{}</td>)", std::isfinite(value) ? fmt::format("{:.6g}", value) : "",
                     text);
}

std::string SiteRow(const SiteRecord& site, const SiteSummary& summary, size_t rank, double limit, bool linked) {
  const std::string id = Escape(site.site_id);
  const double area_km2 = summary.area_m2 > 0 ? 1e-6 * summary.area_m2 : std::nan("");
  return fmt::format(R"(<tr><td class="n" data-v="{0}">{0}</td><td>{1}{2}</td>)", rank,
                     Swatch(summary.vel_max_mm_yr, limit), linked ? fmt::format(R"(<a href="#{0}">{0}</a>)", id) : id) +
         Cell(summary.vel_max_mm_yr, Number(summary.vel_max_mm_yr, 1)) +
         Cell(summary.vel_mm_yr, Number(summary.vel_mm_yr, 1) + " ± " + Number(summary.vel_std, 1)) +
         Cell(summary.accel_mm_yr2, Number(summary.accel_mm_yr2, 1)) + Cell(area_km2, Number(area_km2, 3)) +
         Cell(summary.quality, Number(summary.quality, 2)) + Cell(site.flagged.score, Number(site.flagged.score, 2)) +
         fmt::format(R"(<td>{0}</td><td class="n" data-v="{1}">{1}</td><td>{2}</td></tr>)", Escape(site.flagged.kind),
                     site.flagged.voting_pairs.size(),
                     site.has_series ? Escape(summary.flags) : "<span class=\"flags\">no series</span>");
}

std::string SiteTable(const ReportInput& input, const std::vector<SiteSummary>& summaries, double limit) {
  std::string html = "<section><h2>Sites</h2><div class=\"card scroll\">";
  if (summaries.empty()) {
    return html +
           "<p class=\"empty\">No site was found: nowhere does the evidence reach the threshold. Hatched parts of "
           "the map hold no data and are not known to be stable.</p></div></section>";
  }
  html +=
      "<table id=\"sites\"><thead><tr><th class=\"n\">#</th><th>site</th><th class=\"n\">peak mm/yr</th>"
      "<th class=\"n\">mean mm/yr</th><th class=\"n\">accel. mm/yr²</th>"
      "<th class=\"n\">area km²</th><th class=\"n\">quality</th><th class=\"n\">score</th><th>found in</th>"
      "<th class=\"n\">pairs</th><th>flags</th></tr></thead><tbody>";
  for (size_t i = 0; i < summaries.size(); ++i) {
    html += SiteRow(input.inventory.sites[i], summaries[i], i + 1, limit, i < kPanels);
  }
  return html + "</tbody></table></div></section>";
}

StatusOr<std::string> Panels(const ReportInput& input, const std::vector<SiteSummary>& summaries) {
  if (summaries.empty()) return std::string();
  std::string html = "<section><h2>Series</h2><div class=\"panels\">";
  for (size_t i = 0; i < std::min(kPanels, summaries.size()); ++i) {
    FW_ASSIGN_OR_RETURN(const std::string panel, SitePanel(input.inventory.sites[i], summaries[i], i + 1, input.track));
    html += panel;
  }
  html += "</div>";
  if (summaries.size() > kPanels) {
    html += fmt::format("<p>The other {} sites stand in the table, in sites.gpkg and in sites/.</p>",
                        summaries.size() - kPanels);
  }
  return html + "</section>";
}

std::string List(const std::vector<std::string>& lines) {
  std::string html = "<ul class=\"notes\">";
  for (const std::string& line : lines) html += "<li>" + Escape(line) + "</li>";
  return html + "</ul>";
}

std::string Inputs(const Track& track) {
  const auto count = [&](Verdict verdict) {
    return std::count_if(track.inputs.begin(), track.inputs.end(),
                         [&](const InputRecord& input) { return input.verdict == verdict; });
  };
  std::string html = fmt::format(
      "<section><h2>Inputs</h2><div class=\"card\"><p style=\"margin:0 0 10px\"><b>{}</b> files accepted, "
      "<b>{}</b> superseded, <b>{}</b> rejected.</p>",
      count(Verdict::kAccepted), count(Verdict::kSuperseded), count(Verdict::kRejected));
  std::string rows;
  for (const InputRecord& input : track.inputs) {
    if (input.verdict == Verdict::kAccepted && input.reason.empty()) continue;
    const char* verdict = input.verdict == Verdict::kAccepted     ? "accepted"
                          : input.verdict == Verdict::kSuperseded ? "superseded"
                                                                  : "rejected";
    rows += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"path\">{}</td><td>{}</td></tr>", verdict,
                        Escape(input.role), Escape(input.path), Escape(input.reason));
  }
  if (!rows.empty()) {
    html +=
        "<div class=\"scroll\"><table><thead><tr><th>verdict</th><th>role</th><th>file</th><th>reason</th></tr>"
        "</thead><tbody>" +
        rows + "</tbody></table></div>";
  }
  if (!track.notes.empty()) html += List(track.notes);
  return html + "</div></section>";
}

std::string Troubles(const ReportInput& input) {
  std::vector<std::string> lines = input.facts.failed_tasks;
  for (const SiteRecord& site : input.inventory.sites) {
    if (!site.has_series) lines.push_back(site.site_id + " has no series: " + site.failure);
  }
  for (const std::string& merged : input.inventory.merged_away) lines.push_back(merged);
  return "<section><h2>What is missing or was merged</h2><div class=\"card\">" +
         (lines.empty()
              ? "<p class=\"good\" style=\"margin:0\">Nothing: every task finished and every site has a series.</p>"
              : List(lines)) +
         "</div></section>";
}

std::string Conventions(const ReportInput& input) {
  const RunFacts& facts = input.facts;
  return fmt::format(
             "<section class=\"two\"><div class=\"card\"><h2>How to read the numbers</h2><ul class=\"notes\">"
             "<li>Velocities and displacements are along the line of sight; <b>positive is towards the "
             "satellite</b>.</li>"
             "<li>Displacement is zero at the first date and relative to coherent ground around each site.</li>"
             "<li>Velocity is in mm/yr, a year has 365.25 days; ± is one standard deviation.</li>"
             "<li>Peak is the 98th percentile inside the outline, so that one pixel does not decide.</li>"
             "<li>Quality is the mean temporal coherence inside the outline, 0 to 1; score is the evidence at the "
             "peak.</li>"
             "<li>Wavelength {:.6f} m, from {}.</li>{}</ul></div>",
             input.track.wavelength_m,
             Escape(input.track.wavelength_source.empty() ? "an unnamed source" : input.track.wavelength_source),
             input.track.line_of_sight
                 ? fmt::format("<li>Ground to satellite: east {}, north {}, up {}.</li>",
                               Number(input.track.line_of_sight->east, 3), Number(input.track.line_of_sight->north, 3),
                               Number(input.track.line_of_sight->up, 3))
                 : "<li>The look direction is unknown: no vertical motion can be derived.</li>") +
         fmt::format(
             "<div class=\"card\"><h2>How it was made</h2><ul class=\"notes\"><li>Run {}, Fringewatch {}, on {}</li>"
             "<li>{} pixels × pairs scanned, {} unwrapped</li>",
             Escape(facts.run_id), Escape(facts.version), Escape(facts.device),
             Thousands(static_cast<double>(facts.pixels_scanned)),
             Thousands(static_cast<double>(facts.pixels_unwrapped))) +
         [&] {
           std::string models;
           for (const std::string& hash : facts.model_hashes)
             models += "<li class=\"path\">model " + Escape(hash) + "</li>";
           return models;
         }() +
         "</ul><details><summary>The request</summary><pre>" + Escape(facts.request_json) +
         "</pre></details></div></section>";
}

}  // namespace

StatusOr<std::string> ReportHtml(const ReportInput& input) {
  std::vector<SiteSummary> summaries;
  for (const SiteRecord& site : input.inventory.sites) summaries.push_back(Summarise(site, input.track.grid));
  const double limit = SharedLimit(summaries);
  FW_ASSIGN_OR_RETURN(const std::string map, MapSection(input, summaries, limit));
  FW_ASSIGN_OR_RETURN(const std::string panels, Panels(input, summaries));
  return fmt::format(
             "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
             "<title>Fringewatch: {}</title><style>{}</style></head><body>",
             Escape(input.track.name), kReportStyle) +
         Header(input) + "<main>" + KeyFigures(input, summaries) + map + SiteTable(input, summaries, limit) + panels +
         Troubles(input) + Inputs(input.track) + Conventions(input) +
         "<footer>The same figures stand in sites.gpkg, velocity.tif and sites/*.h5; manifest.json lists every product "
         "with its SHA-256.</footer></main><script>" +
         kReportScript + "</script></body></html>\n";
}

}  // namespace fringewatch::results
